import postgres from 'postgres';
import type { Contestant } from './jobs/contestant.ts';
import { breakPromise, note, noteRatio } from './outcome.ts';
import { withPostgres } from './postgres.ts';
import { printTable } from './projects/measure.ts';
import { spreadOf } from './spread.ts';

// Runs that one worker claims and completes per second, beside pg-boss and graphile-worker on the same PostgreSQL, in turn, so that
// all of them see the same machine. Ends with 1 below what is promised (ADR 0026).
const [promised, batch, runs, rounds] = [10_000, 50, 10_000, 5];

await withPostgres(async (url) => {
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  const contestants = await createContestants(url, sql);
  const results = await race(contestants);
  for (const contestant of contestants.toReversed()) await contestant.close();
  await sql.end();
  report(results);
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

/** Completed runs per second of each, of every round. */
async function race(contestants: readonly Contestant[]): Promise<Map<string, number[]>> {
  const results = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    // In both orders: who comes later finds a warmer process.
    for (const { name, seed, drain } of round % 2 ? contestants.toReversed() : contestants) {
      await seed(runs);
      results.get(name)?.push((runs / (await drain(runs))) * 1_000);
    }
  return results;
}

/** Compares the best rounds: what else runs on the machine only takes away. */
function report(results: ReadonlyMap<string, number[]>): void {
  const best = (name: string) => Math.max(...(results.get(name) ?? []));
  const ledger = best('ledger');
  const times = (name: string) => (best(name) / ledger).toFixed(2);
  const rows = [...results].map(([name, all]) => ({ name, ...spreadOf(all) }));
  printTable(
    [
      `claimed and completed, batches of ${batch}, ${rounds} rounds`,
      'per second, best',
      'median',
      'quartiles',
      'best, of the ledger',
    ],
    rows.map(({ name, median, low, high }) => [
      name,
      best(name).toFixed(0),
      median.toFixed(0),
      `${low.toFixed(0)} … ${high.toFixed(0)}`,
      best(name) / ledger,
    ]),
  );
  noteRatio('jobs: pg-boss of the ledger', best('pg-boss') / ledger);
  note({
    kind: 'bars',
    file: 'jobs',
    title: 'Runs claimed and completed per second by one worker; the thin line has the quartiles',
    bars: rows.map(({ name, low, high }) => ({
      label: name,
      value: best(name),
      low,
      high,
      isOurs: name === 'ledger',
    })),
  });
  const others = rows.flatMap(({ name }) =>
    /^(pg-boss|graphile)/.test(name) ? [`${name} ${times(name)} times`] : [],
  );
  console.log(
    `The ledger does not lead: of what it does, ${others.join(', ')}; they keep less of a run (ADR 26). Promised of the ledger: ${promised} per second.\n`,
  );
  if (ledger < promised)
    breakPromise(`the ledger did ${ledger.toFixed(0)} runs per second, not ${promised}.`);
}
