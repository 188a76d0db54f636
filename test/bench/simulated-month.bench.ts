import postgres from 'postgres';
import { simulateClock } from '#test/support/simulate-clock.ts';
import { withPostgres } from './postgres.ts';

// A month of all jobs by a fake clock, 4 outages a day of up to 5 hours, and all else that goes wrong: every slot has one end or a reason, and
// none ran twice. A day is one to three minutes: `npm run bench -- simulated-month 31` does a month, 245,000 slots. Ends with 1 when a slot
// is wrong.
const days = Number(process.argv[2] ?? 1);
const seed = 6;

await withPostgres(async (url) => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
  const clock = await simulateClock(url);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  // Only now: what these import reads its settings when it is imported.
  const { allJobs, checkSlots, day, hour, minute, ownJobs, simulate } = await import(
    '#test/support/simulate-jobs.ts'
  );
  const { closePool } = await import('#lib/db/client.ts');
  const from = Date.UTC(2027, 0, 1);
  const until = from + days * day;
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
  const completions = await simulate({
    ...clock,
    sql,
    seed,
    jobs: allJobs,
    from,
    until,
    calmFrom: until - 2 * hour,
    stepMs: minute,
    outagesPerDay: 4,
    runOf: ownJobs,
    onStep: (at) => {
      if ((at - from) % day === 0) console.log(`day ${(at - from) / day} of ${days} after ${seconds()} s`);
    },
  });
  const { counts, wrong } = await checkSlots(sql, allJobs, from, until - 5 * minute, completions);
  await closePool(1);
  await sql.end();
  await clock.close();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  console.log(`\n${total} slots of ${allJobs.length} jobs in ${days} days, seed ${seed}:`);
  console.table(counts);
  console.log(`wrong: ${wrong.length}`);
  if (wrong.length > 0) {
    console.log(wrong.slice(0, 10));
    process.exitCode = 1;
  }
});
