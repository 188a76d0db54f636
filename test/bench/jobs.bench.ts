import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';

// JOB-11: runs that one worker claims and completes per second, one batch after the other, beside two bare statements that keep no
// attempts and have no leases. Ends with 1 below what is promised.
const [promised, batch, runs, rounds] = [10_000, 50, 10_000, 3];
const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
// PostgreSQL runs as another user when this process is root.
chmodSync(folder, 0o755);
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '256MB',
};
const server = await startPostgres({ dataDir: join(folder, 'postgres'), settings });
try {
  await migrateDatabase(server.url);
  Object.assign(process.env, {
    PLINTH_STAGE: 'test',
    DATABASE_URL: server.url,
    UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
    UPSTASH_REDIS_REST_TOKEN: 'bench',
    AUTH_SECRET: createSecret(),
  });
  await measure();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  // Only now: what these import reads its settings when it is imported.
  const { claimParallelRuns } = await import('#lib/jobs/ledger/claim-runs.ts');
  const { finishRuns } = await import('#lib/jobs/ledger/finish-runs.ts');
  const { closePool } = await import('#lib/db/client.ts');
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const ledger = async () => {
    const claimed = await claimParallelRuns(['bench'], batch);
    const end = { state: 'succeeded', outcome: 'succeeded', result: {} } as const;
    const finished = await finishRuns(claimed.map((lease) => ({ lease, ...end })));
    return finished.size;
  };
  const bare = async () => {
    const claimed = await sql<{ id: string }[]>`
      update job_runs set state = 'running' where id in (
        select id from job_runs where state in ('scheduled', 'retrying') and available_at <= now() and not is_exclusive
        order by available_at limit ${batch} for update skip locked) returning id`;
    const ids = claimed.map(({ id }) => id);
    const { count } =
      await sql`update job_runs set state = 'succeeded', finished_at = now() where id = any (${ids})`;
    return count;
  };
  const best: Record<string, number> = {};
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries({ ledger, bare })) {
      await sql`truncate job_runs cascade`;
      await sql`
        insert into job_runs (id, job_id, trigger, available_at, max_attempts, is_exclusive)
        select gen_random_uuid(), 'bench', 'enqueue', now(), 3, false from generate_series(1, ${runs})`;
      await sql`vacuum analyze job_runs`;
      const startedAt = performance.now();
      let done = 0;
      for (let ended = batch; ended === batch; done += ended) ended = await work();
      const perSecond = Math.round((done / (performance.now() - startedAt)) * 1000);
      if (done !== runs) throw new Error(`${name}: ${done} of ${runs} runs`);
      best[name] = Math.max(best[name] ?? 0, perSecond);
    }
  await closePool(1);
  await sql.end();
  console.log(
    `ledger: ${best.ledger} claimed and completed per second in batches of ${batch} (promised: ${promised})`,
  );
  console.log(`bare statements: ${best.bare} per second`);
  if ((best.ledger ?? 0) < promised) process.exitCode = 1;
}
