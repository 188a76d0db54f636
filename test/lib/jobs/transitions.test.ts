import { afterAll, expect, test } from 'vitest';
import { PermanentFailure } from '#lib/jobs/classify-failure.ts';
import { Continuation, type JobResult } from '#lib/jobs/job-spec.ts';
import { claimRun, claimSlot } from '#lib/jobs/ledger/claim-runs.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { type Finish, finishRuns } from '#lib/jobs/ledger/finish-runs.ts';
import { recordSlot } from '#lib/jobs/ledger/record-slot.ts';
import { sweepSlots } from '#lib/jobs/ledger/sweep-slots.ts';
import { runStates, transitions } from '#lib/jobs/run-states.ts';
import { lambdaContext } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createSimulatedDatabase } from '#test/support/simulated-clock.ts';

const { url, setClock, close } = await createSimulatedDatabase('plinth_transitions');
process.env.DATABASE_URL = url;
const { sql } = await import('#test/support/tenant.ts');
const { createJob, dispatchJob, systemContext } = await import('#test/support/ledger.ts');
afterAll(close);

/** What only a person does: to cancel before it begins, and to start an ended run again. */
const byPerson = [
  'scheduled cancelled',
  'retrying cancelled',
  ...['failed', 'dead', 'timed_out', 'skipped', 'missed'].map((state) => `${state} retrying`),
];

test('the second of two times, which EventBridge does not deliver, runs and is not missed', async () => {
  const job = createJob(async () => ({}), {
    schedule: 'cron(30 2 * * ? *)',
    timezone: 'Europe/Berlin',
    dst: { gap: 'skip', overlap: 'twice' },
  });
  const sweepAt = async (time: string) => {
    await setClock(Date.parse(time));
    return sweepSlots(systemContext, job.spec);
  };
  const atNight = await sweepAt('2026-10-25T00:00:00Z');
  await setClock(Date.parse('2026-10-25T00:30:00Z'));
  await job({ time: '2026-10-25T00:30:00Z' }, lambdaContext(60_000));
  const counts = [atNight, await sweepAt('2026-10-25T01:33:00Z')];
  expect(counts).toMatchObject(Array(2).fill({ missed: 0, caughtUp: 0 }));
  await dispatchJob(job);
  const runs = await sql`select slot, state from job_runs where job_id = ${job.spec.id} order by slot`;
  expect(runs).toEqual(
    ['00:30', '01:30'].map((time) => ({ slot: new Date(`2026-10-25T${time}Z`), state: 'succeeded' })),
  );
  expect(await sweepAt('2026-10-26T01:33:00Z'), 'of the day after').toMatchObject({ caughtUp: 1 });
});

test('the statements of the ledger make every transition of the table but those of a person, and no other', async () => {
  await sql.unsafe(`
    create table seen (change text primary key);
    create function note_change() returns trigger language plpgsql as $$ begin
      insert into seen values (case when tg_op = 'INSERT' then 'new' else old.state end || ' ' || new.state) on conflict do nothing;
      return null;
    end $$;
    create trigger note_change after insert or update of state on job_runs for each row execute function note_change()`);
  const outcomes: (() => JobResult)[] = [
    () => ({}),
    () => new Continuation(1),
    () => {
      throw new Error('boom');
    },
    () => {
      throw new PermanentFailure('no');
    },
  ];
  let turn = 0;
  const run = async () => outcomes[turn++ % outcomes.length]?.();
  const retry = { maxAttempts: 2, baseSeconds: 0, maxSeconds: 0 };
  const jobs = (['skip', 'queue', 'parallel'] as const).map((overlap) =>
    createJob(run, {
      overlap,
      retry,
      schedule: 'rate(1 minute)',
      catchUp: overlap === 'skip' ? 'once' : 'none',
    }),
  );
  let at = Date.UTC(2027, 0, 1);
  await setClock(at);
  const stale: Finish[] = [];
  const operations = [
    (job: (typeof jobs)[0]) => job({ time: new Date(at).toISOString() }, lambdaContext(60_000)),
    (job: (typeof jobs)[0]) => enqueue(systemContext, job.spec, undefined),
    (job: (typeof jobs)[0]) => dispatchJob(job),
    (job: (typeof jobs)[0]) => sweepSlots(systemContext, job.spec),
    // A holder that dies, or comes back much later with whatever end.
    async (job: (typeof jobs)[0]) => {
      await recordSlot(job.spec, new Date(at));
      const claimed = await claimSlot(job.spec.id, new Date(at));
      if (claimed && claimed !== 'overlap')
        for (const state of [
          'scheduled',
          'retrying',
          'succeeded',
          'failed',
          'dead',
          'timed_out',
          'cancelled',
        ] as const)
          stale.push({ lease: { ...claimed }, state, outcome: 'failed' });
    },
    // One that dies in the last attempt.
    async ({ spec }: (typeof jobs)[0]) => {
      const [waiting] =
        await sql`select id from job_runs where job_id = ${spec.id} and state = 'retrying' limit 1`;
      if (waiting) await claimRun(waiting.id);
    },
    () => finishRuns(stale.splice(Math.floor(stale.length * ((turn * 0.37) % 1)), 1)),
    ({ spec }: (typeof jobs)[0]) =>
      sql`update job_runs set cancel_requested_at = now() where job_id = ${spec.id} and state = 'running'`,
    ({ spec }: (typeof jobs)[0]) =>
      sql`update jobs set paused_at = case when paused_at is null then now() end where id = ${spec.id}`,
  ];
  let random = 1;
  const next = (below: number) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  for (let step = 0; step < 600; step++) {
    at += next(2) * next(3) * 60_000;
    await setClock(at);
    const [operation, other] = [operations[next(9)], operations[next(9)]];
    const [job, another] = [jobs[next(3)], jobs[next(3)]] as [(typeof jobs)[0], (typeof jobs)[0]];
    await Promise.all([operation?.(job), other?.(another)]);
  }
  takeErrorLogs();
  const seen = (await sql<{ change: string }[]>`select change from seen`).map(({ change }) => change);
  const table = runStates.flatMap((from) => transitions[from].map((to) => `${from} ${to}`));
  const changes = seen.filter((change) => !change.startsWith('new '));
  expect(changes.toSorted()).toEqual(table.filter((change) => !byPerson.includes(change)).toSorted());
  expect(seen.filter((change) => change.startsWith('new ')).toSorted()).toEqual([
    'new missed',
    'new scheduled',
    'new skipped',
  ]);
}, 60_000);
