import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LocalSetupError } from '#lib/local/local-setup-error.ts';
import { findFreePort } from '#lib/local/ports.ts';
import { type LocalPostgres, startPostgres } from '#lib/local/postgres.ts';

const settings = { fsync: 'off', max_connections: '10', shared_buffers: '8MB' };
const isRoot = process.getuid?.() === 0;

describe('The local PostgreSQL', () => {
  let folder: string;
  let dataDir: string;
  const running = new Set<LocalPostgres>();

  // To create a database takes a hundred times as long as to start one, so the tests share it.
  beforeAll(async () => {
    folder = await makeFolder();
    dataDir = join(folder, 'postgres');
    await (await startPostgres({ dataDir, settings })).stop();
  });
  afterEach(async () => {
    for (const database of running) await database.stop();
    running.clear();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function start(options: { port?: number } = {}): Promise<LocalPostgres> {
    const database = await startPostgres({ dataDir, settings, ...options });
    running.add(database);
    return database;
  }

  async function startPid(): Promise<{ database: LocalPostgres; pid: number }> {
    const database = await start();
    return { database, pid: await readPid(dataDir) };
  }

  it('keeps its rows from one start to the next, in UTF-8 and UTC', async () => {
    const first = await start();
    expect(first.url).toBe(`postgres://plinth:plinth@127.0.0.1:${first.port}/plinth`);
    await query(first, 'create table note (text text)');
    await query(first, "insert into note values ('é ✓ 日本')");
    await first.stop();

    const second = await start();
    expect(await query(second, 'select text from note')).toEqual([{ text: 'é ✓ 日本' }]);
    expect(await query(second, 'select upper(text) as text from note')).toEqual([{ text: 'É ✓ 日本' }]);
    expect(await query(second, 'show timezone')).toEqual([{ TimeZone: 'UTC' }]);
    expect(await query(second, 'show fsync')).toEqual([{ fsync: 'off' }]);
    await query(second, 'create extension pg_stat_statements');
    expect(await query(second, 'select count(*) > 0 as counts from pg_stat_statements')).toEqual([
      { counts: true },
    ]);
  });

  it('logs beside its folder and answers on 127.0.0.1 only', async () => {
    const database = await start();
    expect(await readFile(join(folder, 'postgres.log'), 'utf8')).toContain('ready to accept connections');
    expect(await query(database, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(database, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
  });

  it('takes the port it is asked for, or a free one when that is busy', async () => {
    const port = await findFreePort();
    const first = await start({ port });
    expect(first.port).toBe(port);
    await first.stop();

    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const second = await start({ port });
    other.close();
    expect(second.port).not.toBe(port);
    expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is gone after stop, even with a client in the middle of a query', async () => {
    const { database, pid } = await startPid();
    const client = postgres(database.url, { max: 1 });
    const sleeping = client`select pg_sleep(60)`.catch((error: unknown) => error);
    await expect
      .poll(() => query(database, "select from pg_stat_activity where query like '%pg_sleep%'"))
      .toHaveLength(2);
    const before = performance.now();
    await database.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(isAlive(pid)).toBe(false);
    expect(await sleeping).toBeInstanceOf(Error);
    await client.end({ timeout: 0 });
    await database.stop();
  });

  it('stops with a process that ends without stopping it', async () => {
    const starter = startElsewhere(dataDir, 'process.exit(7)');
    const [code] = await once(starter, 'exit');
    expect(code).toBe(7);
    await expect.poll(() => readdir(dataDir)).not.toContain('postmaster.pid');
  });

  it('is not reached by the Ctrl-C that is meant for its starter', async () => {
    const { pid } = await startPid();
    const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' });
    expect(Number(group)).toBe(pid);
  });

  it('takes over from one whose starter was killed', async () => {
    const starter = startElsewhere(
      dataDir,
      `const sql = postgres(database.url);
       await sql\`create table last_wish as select 1 as n\`;
       process.kill(process.pid, 'SIGKILL');`,
    );
    await once(starter, 'exit');
    const orphan = await readPid(dataDir);
    const logBefore = await readFile(join(folder, 'postgres.log'), 'utf8');
    expect(isAlive(orphan)).toBe(true);

    const database = await start();
    expect(isAlive(orphan)).toBe(false);
    expect(await query(database, 'select n from last_wish')).toEqual([{ n: 1 }]);
    const log = await readFile(join(folder, 'postgres.log'), 'utf8');
    expect(log.slice(logBefore.length)).toContain('database system is shut down');
    expect(log.slice(logBefore.length)).not.toContain('not properly shut down');
  });

  it('leaves one alone whose starter is still there', async () => {
    const { database } = await startPid();
    const error = await failure(start());
    expect(error.message).toBe(
      `The database folder ${dataDir} is in use by process ${process.pid}: stop that process first.`,
    );
    expect(await query(database, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('recovers after it was killed, children and all', async () => {
    const { database, pid } = await startPid();
    await query(database, 'create table will as select 1 as n');
    process.kill(pid, 'SIGKILL');
    await database.stop();
    expect(await query(await start(), 'select n from will')).toEqual([{ n: 1 }]);
  });

  it('starts when its old process number belongs to another program', async () => {
    const { uid, gid } = await stat(dataDir);
    const other = spawn('sleep', ['60'], { ...(isRoot && { uid, gid }) });
    await once(other, 'spawn');
    await writeFile(join(dataDir, 'postmaster.pid'), `${other.pid}\n${dataDir}\n`);
    await start();
    expect(other.exitCode).toBeNull();
    other.kill();
  });

  it('says what to do about a damaged folder, and leaves it as it is', async () => {
    const damaged = join(folder, 'damaged');
    execFileSync('cp', ['-a', dataDir, damaged]);
    await rm(join(damaged, 'global', 'pg_control'));
    const before = await readdir(damaged, { recursive: true });
    const error = await failure(startPostgres({ dataDir: damaged }));
    expect(error.message).toBe(
      `PostgreSQL cannot open the database folder ${damaged} ` +
        '(could not find the database system): move it away or run "npm start -- --fresh".',
    );
    expect(await readdir(damaged, { recursive: true })).toEqual(before);
    await rm(damaged, { recursive: true });
  });
});

describe('The folder of the local PostgreSQL', () => {
  let folder: string;
  let dataDir: string;

  beforeEach(async () => {
    folder = await makeFolder();
    dataDir = join(folder, 'postgres');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('is made anew when the first start was interrupted', async () => {
    await mkdir(`${dataDir}.new/base`, { recursive: true });
    await writeFile(`${dataDir}.new/PG_VERSION`, '18\n');
    await mkdir(dataDir);
    const database = await startPostgres({ dataDir, settings });
    expect(await query(database, 'select current_database() as name')).toEqual([{ name: 'plinth' }]);
    await database.stop();
    expect((await readdir(folder)).sort()).toEqual(['postgres', 'postgres.log']);
  });

  it('is not touched when it holds anything else', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'thesis.txt'), 'precious');
    const error = await failure(startPostgres({ dataDir }));
    expect(error.message).toContain('(PG_VERSION is missing): move it away or run "npm start -- --fresh".');
    expect(await readdir(dataDir)).toEqual(['thesis.txt']);
  });

  it.skipIf(!isRoot)('has to be within reach of an ordinary user', async () => {
    await chmod(folder, 0o700);
    const error = await failure(startPostgres({ dataDir }));
    expect(error.message).toMatch(
      /^PostgreSQL does not run as root, and user \d+, .* cannot enter .*: start as an /,
    );
    expect(error.message).toContain(`cannot enter ${folder}:`);
  });
});

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-postgres-'));
  await chmod(folder, 0o755);
  return folder;
}

async function query(database: LocalPostgres, text: string): Promise<unknown[]> {
  const client = postgres(database.url, { max: 1, onnotice: () => {} });
  try {
    return [...(await client.unsafe(text))];
  } finally {
    await client.end();
  }
}

async function failure(start: Promise<unknown>): Promise<LocalSetupError> {
  const error = await start.then(
    () => new Error('it started'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LocalSetupError)) throw error;
  return error;
}

function startElsewhere(dataDir: string, then: string): ChildProcess {
  const program = `
    import postgres from 'postgres';
    import { startPostgres } from '#lib/local/postgres.ts';
    const database = await startPostgres(${JSON.stringify({ dataDir, settings })});
    ${then}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' });
}

async function readPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postmaster.pid'), 'utf8'), 10);
}

// An orphan that ended stays a zombie where nobody waits for it, as in a container.
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout !== '' && !stdout.startsWith('Z');
}
