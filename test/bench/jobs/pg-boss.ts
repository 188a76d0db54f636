import { PgBoss } from 'pg-boss';
import type postgres from 'postgres';
import { type Contestant, drainInBatches, payload } from './contestant.ts';

const queue = 'bench';

/** `fetch` and `complete` in batches: what its workers do, without the half second at least that those wait between two batches. */
export async function createPgBoss(url: string, sql: postgres.Sql, batch: number): Promise<Contestant> {
  // Nothing in the background: no maintenance, no schedules.
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  boss.on('error', (error) => {
    throw error;
  });
  await boss.start();
  await boss.createQueue(queue);
  return {
    name: 'pg-boss',
    async seed(runs) {
      await boss.deleteAllJobs(queue);
      await boss.insert(
        queue,
        Array.from({ length: runs }, () => ({ data: payload })),
      );
      await sql`vacuum analyze pgboss.job_common`;
    },
    drain: (runs) =>
      drainInBatches(
        runs,
        () => boss.fetch(queue, { batchSize: batch }),
        async (jobs) => {
          const ids = jobs.map(({ id }) => id);
          // It says how many; its type does not.
          const { affected } = (await boss.complete(queue, ids)) as { affected: number };
          return affected;
        },
      ),
    close: () => boss.stop({ graceful: false }),
  };
}
