import postgres from 'postgres';
import type { Contestant } from './jobs/contestant.ts';
import { note, noteRatio } from './outcome.ts';
import { withPostgres } from './postgres.ts';
import { printTable } from './projects/measure.ts';

// Runs that one worker claims and completes per second, beside pg-boss and graphile-worker on the same PostgreSQL, in turn, so that
// all of them see the same machine. Ends with 1 below what is promised (ADR 0026).
const [promised, batch, runs, rounds] = [10_000, 50, 10_000, 5];

await withPostgres(async (url) => {
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  const contestants = await createContestants(url, sql);
  const best = await race(contestants);
  for (const contestant of contestants.toReversed()) await contestant.close();
  await sql.end();
  report(best);
});

async function createContestants(url: string, sql: postgres.Sql): Promise<Contestant[]> {
  // Only now: what these import reads its settings when it is imported.
  const { createBareStatements, createDispatcher, createLedger } = await import('./jobs/ledger.ts');
  const { createPgBoss } = await import('./jobs/pg-boss.ts');
  const { createGraphileWorker } = await import('./jobs/graphile-worker.ts');
  return [
    createLedger(sql, batch),
    await createPgBoss(url, sql, batch),
    await createGraphileWorker(url, sql, batch),
    await createGraphileWorker(url, sql, 500),
    createDispatcher(sql),
    createBareStatements(sql, batch),
  ];
}

/** Completed runs per second of each in its best round: what else runs on the machine only takes away. */
async function race(contestants: readonly Contestant[]): Promise<Map<string, number>> {
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round++)
    // In both orders: who comes later finds a warmer process.
    for (const { name, seed, drain } of round % 2 ? contestants.toReversed() : contestants) {
      await seed(runs);
      const perSecond = (runs / (await drain(runs))) * 1_000;
      best.set(name, Math.max(best.get(name) ?? 0, perSecond));
    }
  return best;
}

function report(best: ReadonlyMap<string, number>): void {
  const ledger = best.get('ledger') ?? 0;
  printTable(
    [`claimed and completed, batches of ${batch}, best of ${rounds} rounds`, 'per second', 'of the ledger'],
    [...best].map(([name, perSecond]) => [name, perSecond.toFixed(0), perSecond / ledger]),
  );
  noteRatio('jobs: pg-boss of the ledger', (best.get('pg-boss') ?? 0) / ledger);
  note({
    kind: 'bars',
    file: 'jobs',
    title: 'Runs claimed and completed per second by one worker',
    bars: [...best].map(([label, value]) => ({ label, value, isOurs: label === 'ledger' })),
  });
  console.log(
    `pg-boss does ${((best.get('pg-boss') ?? 0) / ledger).toFixed(2)} times as many as the ledger, and keeps less of them (ADR 26). Promised of the ledger: ${promised} per second.`,
  );
  if (ledger < promised) process.exitCode = 1;
}
