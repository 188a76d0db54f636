import type postgres from 'postgres';
import { closePool } from '#lib/db/client.ts';
import { dispatchRuns } from '#lib/jobs/dispatch-runs.ts';
import { claimParallelRuns } from '#lib/jobs/ledger/claim-runs.ts';
import { finishRuns } from '#lib/jobs/ledger/finish-runs.ts';
import { type Contestant, drainInBatches, payload } from './contestant.ts';

const end = { state: 'succeeded', outcome: 'succeeded', result: {} } as const;

/** The statements of the ledger, in batches. */
export function createLedger(sql: postgres.Sql, batch: number): Contestant {
  return {
    name: 'ledger',
    seed: (runs) => seedRuns(sql, runs),
    async drain(runs) {
      const tookMs = await drainInBatches(
        runs,
        () => claimParallelRuns(['bench'], batch),
        async (claimed) => (await finishRuns(claimed.map((lease) => ({ lease, ...end })))).size,
      );
      await assertOnce(sql, runs);
      return tookMs;
    },
    close: () => closePool(1),
  };
}

/** The dispatcher around them, with all that surrounds a run: its invocation, heartbeat, measurements. */
export function createDispatcher(sql: postgres.Sql): Contestant {
  const job = {
    spec: { id: 'bench', summary: '', timeoutSeconds: 60, overlap: 'parallel' },
    run: async () => ({}),
  } as const;
  const ctx = {
    actor: { type: 'system', jobId: 'bench' },
    requestId: 'bench',
    now: new Date(),
    signal: new AbortController().signal,
  } as const;
  return {
    name: 'ledger, whole dispatcher',
    seed: (runs) => seedRuns(sql, runs),
    async drain(runs) {
      const startedAt = performance.now();
      await dispatchRuns(ctx, [job]);
      const tookMs = performance.now() - startedAt;
      await assertOnce(sql, runs);
      return tookMs;
    },
    close: async () => {},
  };
}

/** As little as it can be: two statements on the same table, that keep no attempts, have no leases and know no pause. */
export function createBareStatements(sql: postgres.Sql, batch: number): Contestant {
  return {
    name: 'bare statements',
    seed: (runs) => seedRuns(sql, runs),
    drain: (runs) =>
      drainInBatches(
        runs,
        () => sql<{ id: string }[]>`
          update job_runs set state = 'running' where id = any (array(
            select id from job_runs where state in ('scheduled', 'retrying') and available_at <= now() and not is_exclusive
            order by available_at limit ${batch} for update skip locked)) returning id`,
        async (claimed) => {
          const ids = claimed.map(({ id }) => id);
          const { count } =
            await sql`update job_runs set state = 'succeeded', finished_at = now() where id = any (${ids})`;
          return count;
        },
      ),
    close: async () => {},
  };
}

async function seedRuns(sql: postgres.Sql, runs: number): Promise<void> {
  await sql`truncate job_runs, job_attempts`;
  await sql`
    insert into job_runs (id, job_id, trigger, available_at, max_attempts, is_exclusive, payload, created_at)
    select uuidv7(), 'bench', 'enqueue', clock_timestamp(), 3, false, ${sql.json(payload)}, clock_timestamp() from generate_series(1, ${runs})`;
  await sql`vacuum analyze job_runs`;
}

async function assertOnce(sql: postgres.Sql, runs: number): Promise<void> {
  const [seen] = await sql`
    select count(*)::int as runs, (select count(*)::int from job_attempts where outcome = 'succeeded') as attempts
    from job_runs where state = 'succeeded' and fence = 1 and attempts = 1`;
  if (seen?.runs !== runs || seen.attempts !== runs)
    throw new Error(`of ${runs} runs, ${seen?.runs} were claimed once, with ${seen?.attempts} attempts`);
}
