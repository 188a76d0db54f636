import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type LocalPostgres, startPostgres } from '#lib/local/postgres.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';

// For the fault that restarts its server, while the other tests use theirs.
const folder = mkdtempSync(join(tmpdir(), 'plinth-freeze-'));
let ownServer: LocalPostgres;

beforeAll(async () => {
  // PostgreSQL runs as another user when this process is root.
  chmodSync(folder, 0o755);
  ownServer = await startPostgres({ dataDir: join(folder, 'postgres') });
});

afterAll(async () => {
  await ownServer.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  rows?: unknown[];
  code?: string;
  ms: number;
}

type Fault = (proxy: TcpProxy) => Promise<void>;
const faults: Record<string, Fault> = {
  'is reset': async (proxy) => {
    await proxy.set('reset');
    await proxy.set('pass');
  },
  'is closed': async (proxy) => {
    await proxy.set('close');
    await proxy.set('pass');
  },
  'falls into a black hole': async (proxy) => proxy.forget(),
};
const restart: Fault = async () => {
  await ownServer.stop();
  ownServer = await startPostgres({ dataDir: join(folder, 'postgres'), port: ownServer.port });
};
const urlOf = (fault?: Fault) => (fault === restart ? ownServer.url : (process.env.DATABASE_URL ?? ''));

const read = 'select 1 as found';
const found = [{ found: 1 }];
const timeoutMs = 1_400;
// Longer than a connection may be idle, and than a statement may take by so much that only a freeze explains it.
const frozenMs = 2_000;

/** A process with a client of our own, or of postgres.js, behind a proxy. */
async function startClient(
  { onTestFinished }: TestContext,
  kind: 'guarded' | 'unguarded',
  databaseUrl: string,
) {
  const url = new URL(databaseUrl);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../support/frozen-client.ts'), kind],
    {
      env: {
        ...process.env,
        DATABASE_URL: url.href,
        DATABASE_TIMEOUT_MS: String(timeoutMs),
        DATABASE_POOL_MAX: '1',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await proxy.close();
  });
  const answers: Answer[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
    answers.push(JSON.parse(line)),
  );
  return {
    proxy,
    send: (statement: string) => child.stdin?.write(`${statement}\n`),
    /** The next answers, in the order of their arrival; fewer when they do not come within `withinMs`. */
    answers: async (count: number, withinMs = 15_000): Promise<Answer[]> => {
      for (let waitedMs = 0; answers.length < count && waitedMs < withinMs; waitedMs += 20) await sleep(20);
      return answers.splice(0, count);
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
}

/** Lets a statement wait on the server, so that it is in flight for as long as the test wants. */
async function holdLock(databaseUrl: string, key: number) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql`select pg_advisory_lock(${key})`;
  return {
    isWaitedFor: async () =>
      (await sql`select 1 from pg_locks where locktype = 'advisory' and objid = ${key} and not granted`)
        .length > 0,
    // Its server may be gone by now.
    release: () => sql.end({ timeout: 0 }),
  };
}

const cases = Object.entries({ ...faults, 'loses its server, which restarts': restart });

// At once: each waits for seconds, with a process of its own.
describe.concurrent('a process is frozen', () => {
  test.for(cases.map(([name, fault], index) => ({ name, fault, key: index + 1 })))(
    'while its connection $name: what it reads at the thaw, or was reading at the freeze, it finds',
    async ({ fault, key }, context) => {
      const client = await startClient(context, 'guarded', urlOf(fault));
      client.send(read);
      expect(await client.answers(1)).toMatchObject([{ rows: found }]);

      client.freeze();
      await Promise.all([fault(client.proxy), sleep(frozenMs)]);
      client.send(read);
      client.thaw();
      const [atThaw] = await client.answers(1);
      expect(atThaw?.rows).toEqual(found);
      expect(atThaw?.ms).toBeLessThan(2_000);

      const lock = await holdLock(urlOf(fault), key);
      client.send(`select 1 as found from pg_advisory_xact_lock_shared(${key})`);
      await expect.poll(lock.isWaitedFor, { timeout: 10_000 }).toBe(true);
      client.freeze();
      await Promise.all([fault(client.proxy), sleep(frozenMs)]);
      await lock.release();
      client.send(read);
      client.thaw();
      expect((await client.answers(2)).map(({ rows }) => rows)).toEqual([found, found]);
    },
  );

  // Why there is a guard. When this fails, postgres.js has learned it.
  test.for(['is reset', 'falls into a black hole'])(
    'postgres.js by itself, when its connection %s, gives a wrong result or none',
    { timeout: 60_000 },
    async (name, context) => {
      const isWrong = async () => {
        const client = await startClient(context, 'unguarded', urlOf());
        client.send(read);
        expect(await client.answers(1)).toMatchObject([{ rows: found }]);
        client.freeze();
        await faults[name]?.(client.proxy);
        client.send(read);
        client.thaw();
        const answers = await client.answers(1, 1_000);
        client.send(read);
        answers.push(...(await client.answers(1, 1_000)));
        return answers.length === 0 || answers.some(({ rows }) => rows?.length === 0);
      };
      // It depends on what the process hears of first: of the reset, or of the read.
      let attempts = 0;
      while (!(await isWrong()) && attempts < 10) attempts++;
      expect(attempts).toBeLessThan(10);
    },
  );
});
