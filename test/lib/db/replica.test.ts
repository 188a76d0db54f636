import { sql as text } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { closePool, getPoolStatistics } from '#lib/db/client.ts';
import { getReplica, withTransaction } from '#lib/db/transaction.ts';
import { runInvocation } from '#lib/invocation.ts';
import { readProjectStats } from '#lib/projects/read-project-stats.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { contextOf, createMember, sql } from '#test/support/tenant.ts';

// Two databases that say who they are, in the place of a server and its copy.
const name = `plinth_replica_${process.env.VITEST_POOL_ID}`;
const ctx = contextOf({ type: 'system', jobId: 'test' } as never);
let proxy: TcpProxy;

beforeAll(async () => {
  await sql.unsafe(`drop database if exists ${name} with (force)`);
  await sql.unsafe(`create database ${name}`);
  const url = new URL(process.env.DATABASE_URL ?? '');
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  url.pathname = `/${name}`;
  process.env.DATABASE_REPLICA_URL = url.href;
  process.env.DATABASE_TIMEOUT_MS = '700';
});

afterAll(async () => {
  await closePool(0);
  await proxy.close();
  const admin = postgres(process.env.DATABASE_URL ?? '', { max: 1, onnotice: () => {} });
  await admin.unsafe(`drop database ${name} with (force)`);
  await admin.end();
});

const quick = <T>(work: () => Promise<T>) => runInvocation(20_000, false, work);
const whereReads = (statement = text`select current_database() as here`) =>
  quick(async () => (await getReplica(ctx).execute(statement))[0]?.here);
const own = new URL(process.env.DATABASE_URL ?? '').pathname.slice(1);

/** Lets the time pass in which a replica that was away is not asked. */
function later(ms: number): void {
  const { now } = Date;
  onTestFinished(() => {
    Date.now = now;
  });
  Date.now = () => now() + ms;
}

test('a read that may be stale goes to the replica; a write, and whatever is in a transaction, to the primary', async () => {
  expect(await whereReads()).toBe(name);
  expect(await whereReads(text`with one as (select 1) select current_database() as here from one`)).toBe(
    name,
  );
  expect(await whereReads(text`select current_database() as here, set_config('a.b', '1', true)`)).toBe(own);
  const inside = await withTransaction(ctx, (tx) =>
    getReplica({ ...ctx, db: tx }).execute(text`select current_database() as here`),
  );
  expect(inside[0]?.here).toBe(own);
});

describe('statistics from a replica are of the instant', () => {
  // What a server says of itself while it follows another one.
  beforeAll(async () => {
    const replica = postgres(process.env.DATABASE_REPLICA_URL ?? '', { max: 1, onnotice: () => {} });
    await replica.unsafe(`
      create table project_counts (organization_id uuid, dimension text, key text, count bigint);
      create schema follower;
      create table follower.said (received pg_lsn, replayed pg_lsn, is_following boolean, replayed_at timestamptz);
      create view follower.pg_stat_wal_receiver as select 1 as pid from follower.said where is_following;
      create function follower.pg_is_in_recovery() returns boolean language sql as 'select true';
      create function follower.pg_last_wal_receive_lsn() returns pg_lsn language sql as 'select received from follower.said';
      create function follower.pg_last_wal_replay_lsn() returns pg_lsn language sql as 'select replayed from follower.said';
      create function follower.pg_last_xact_replay_timestamp() returns timestamptz language sql as 'select replayed_at from follower.said';
      alter database ${name} set search_path = follower, pg_catalog, public`);
    await replica.end();
    await closePool(0);
  });

  test.each([
    ['they were counted at, when it has all it received', '0/2', true, 0],
    ['it has come to, when it is behind', '0/1', true, 3_600_000],
    ['it has come to, when it follows nobody', '0/2', false, 3_600_000],
  ])('%s', async (_, replayed, isFollowing, behindMs) => {
    const { ctx: reader } = await createMember();
    const replica = postgres(process.env.DATABASE_REPLICA_URL ?? '', { max: 1, onnotice: () => {} });
    await replica`delete from follower.said`;
    await replica`insert into follower.said values ('0/2', ${replayed}, ${isFollowing}, now() - interval '1 hour')`;
    await replica.end();
    const { asOf } = await quick(() => readProjectStats(reader));
    const saidMs = reader.now.getTime() - Date.parse(asOf);
    expect(saidMs).toBeGreaterThanOrEqual(behindMs);
    expect(saidMs).toBeLessThan(behindMs + 60_000);
  });
});

test.each(['hang', 'reset', 'refuse'] as const)(
  'when the replica does %s, the primary answers within a second, and the replica is asked again later',
  async (fault) => {
    later(20_000);
    await proxy.set(fault);
    const startedAt = performance.now();
    expect(await whereReads()).toBe(own);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await proxy.set('pass');
    expect(await whereReads()).toBe(own);
    later(40_000);
    expect(await whereReads()).toBe(name);
    await closePool(0);
  },
);

test('when the replica answers and then hangs, the primary answers within a second as well; twice in a row, and the replica is not asked', async () => {
  later(60_000);
  const replica = postgres(process.env.DATABASE_REPLICA_URL ?? '', { max: 1, onnotice: () => {} });
  await replica`create table signing_keys (id int)`;
  const holder = await replica.reserve();
  try {
    await holder`begin`;
    await holder`lock table signing_keys in access exclusive mode`;
    expect(await whereReads()).toBe(name);
    const slow = text`select current_database() as here from (select count(*) from signing_keys) as one`;
    const startedAt = performance.now();
    expect(await whereReads(slow)).toBe(own);
    expect(performance.now() - startedAt).toBeLessThan(850);
    expect(await whereReads()).toBe(name);
    expect(await whereReads(slow)).toBe(own);
    expect(await whereReads(slow)).toBe(own);
    expect(await whereReads()).toBe(own);
  } finally {
    await holder`rollback`;
    holder.release();
    await replica.end();
    await closePool(0);
  }
});

test('a mistake in a statement is not asked of the primary as well', async () => {
  const before = getPoolStatistics().connects;
  await expect(
    whereReads(text`select 1 / (length(current_user) - length(current_user)) as here`),
  ).rejects.toThrow();
  expect(getPoolStatistics().connects).toBe(before);
});
