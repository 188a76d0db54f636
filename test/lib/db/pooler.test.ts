import { sql as text } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrateUp } from '#drizzle/migrator/migrate-up.ts';
import { closePool, getPool } from '#lib/db/client.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { runInvocation } from '#lib/invocation.ts';
import { hasPgbouncer, startPgbouncer } from '#test/support/pgbouncer.ts';
import { createDatabase, withClient } from '#test/support/scratch-database.ts';
import { first, writeMigrations } from '#test/support/scratch-migrations.ts';
import { contextOf } from '#test/support/tenant.ts';

const ctx = contextOf({ type: 'system', jobId: 'test' } as never);
const reason = hasPgbouncer ? '' : ' (skipped: pgbouncer is not on PATH)';

describe.skipIf(!hasPgbouncer)(
  `behind PgBouncer in transaction mode, without prepared statements${reason}`,
  () => {
    let stop: () => Promise<void>;

    beforeAll(async () => {
      const pooler = await startPgbouncer(process.env.DATABASE_URL ?? '');
      stop = pooler.stop;
      Object.assign(process.env, {
        DATABASE_URL: pooler.url,
        DATABASE_PREPARE: 'false',
        DATABASE_POOL_MAX: '5',
        DATABASE_TIMEOUT_MS: '3000',
      });
    });
    afterAll(async () => {
      await closePool(1);
      await stop();
    });

    test('statements and transactions of several connections share one of the server', async () => {
      const read = async (value: number) =>
        (await getPool().execute(text`select ${value}::int as value`))[0]?.value;
      const readTwice = (value: number) =>
        withTransaction(ctx, async (tx) => {
          await tx.execute(text`select set_config('test.value', ${String(value)}, true)`);
          const [row] = await tx.execute(text`select current_setting('test.value')::int as value`);
          return row?.value;
        });
      const values = Array.from({ length: 20 }, (_, index) => index);
      expect(await Promise.all(values.map(read))).toEqual(values);
      expect(await Promise.all(values.map(readTwice))).toEqual(values);
    });

    test('a migration leaves neither its lock nor its limits to those who get its connection next', async () => {
      const url = await createDatabase();
      const pooled = process.env.DATABASE_URL?.replace(/\/[^/]*$/, new URL(url).pathname) ?? '';
      const index = {
        name: '0001_index',
        up: '-- no-transaction\ncreate index concurrently if not exists "i" on "things" ("name");',
        down: '',
      };
      await migrateUp(pooled, { migrations: writeMigrations(first, index) });
      await withClient(url, async (other) => {
        expect(await other`select pg_try_advisory_lock(7021986) as free`).toEqual([{ free: true }]);
      });
      await withClient(pooled, async (next) => {
        expect(await next.unsafe('show lock_timeout')).toEqual([{ lock_timeout: '0' }]);
      });
    });

    test('a statement that takes too long is cancelled, so that the next one finds the server connection free', async () => {
      process.env.DATABASE_TIMEOUT_MS = '3000';
      const slow = runInvocation(400, false, async () => getPool().execute(text`select pg_sleep(30)`));
      expect(await slow.catch((error) => toAppError(error).code)).toBe('deadline_exceeded');
      expect(await getPool().execute(text`select 1 as found`)).toMatchObject([{ found: 1 }]);
    });
  },
);
