import { sql as text } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { closePool, getPool } from '#lib/db/client.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { runInvocation } from '#lib/invocation.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { sql } from './tenant.ts';

/** For a test file: two connections to its database, through a network that fails as the test says. */
export function useProxiedDatabase(): Pick<TcpProxy, 'set' | 'forget' | 'connections' | 'packets'> {
  let proxy: TcpProxy;
  beforeAll(async () => {
    const url = new URL(process.env.DATABASE_URL ?? '');
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    url.hostname = '127.0.0.1';
    Object.assign(process.env, {
      DATABASE_URL: url.href,
      DATABASE_TIMEOUT_MS: '700',
      DATABASE_POOL_MAX: '2',
      DATABASE_STATEMENT_TIMEOUT_MS: '2500',
    });
  });
  beforeEach(async () => {
    await proxy.set('pass');
    await closePool(0);
  });
  afterAll(async () => {
    await closePool(0);
    await proxy.close();
  });
  return {
    set: (fault) => proxy.set(fault),
    forget: () => proxy.forget(),
    connections: () => proxy.connections(),
    packets: () => proxy.packets(),
  };
}

export const quick = <T>(work: () => Promise<T>, remainingMs = 20_000) =>
  runInvocation(remainingMs, false, work);
export const long = <T>(work: () => Promise<T>) => runInvocation(20_000, true, work);
export const execute = async (statement: string) => getPool().execute(text.raw(statement));

/** The code a client would see, or the rows. */
export async function outcome(work: () => Promise<unknown>) {
  const startedAt = performance.now();
  try {
    return { result: await work(), ms: performance.now() - startedAt };
  } catch (error) {
    return { code: toAppError(error).code, ms: performance.now() - startedAt };
  }
}

/** Whether the server is at a statement that begins so. */
export async function isRunning(marker: string): Promise<boolean> {
  const rows = await sql`
    select 1 from pg_stat_activity where state = 'active' and query like ${`${marker}%`} or query like ${`select ${marker}%`} and state = 'active'`;
  return rows.length > 0;
}
