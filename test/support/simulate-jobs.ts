import type postgres from 'postgres';
import { handler as dispatcher } from '#functions/jobs/dispatch-runs.ts';
import { jobs as registered } from '#functions/jobs/registry.ts';
import { handler as sweeper } from '#functions/jobs/sweep-missed-runs.ts';
import { PermanentFailure } from '#lib/jobs/classify-failure.ts';
import { defineJob, type Job } from '#lib/jobs/define-job.ts';
import { dispatchRuns } from '#lib/jobs/dispatch-runs.ts';
import type { AnyJob, JobInput, JobResult } from '#lib/jobs/job-spec.ts';
import { claimSlot } from '#lib/jobs/ledger/claim-runs.ts';
import { recordSlot } from '#lib/jobs/ledger/record-slot.ts';
import { parseSchedule, timesBetween } from '#lib/jobs/schedule.ts';
import { sweepMissedRuns } from '#lib/jobs/sweep-missed-runs.ts';
import { lambdaContext } from './event.ts';

export const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
/** mulberry32: the same month in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Simulation {
  sql: postgres.Sql;
  setClock: (at: number) => PromiseLike<unknown>;
  seed: number;
  jobs: readonly AnyJob[];
  from: number;
  until: number;
  /** From here on nothing fails, so that everything comes to its end. */
  calmFrom: number;
  stepMs: number;
  outagesPerDay: number;
  /** What runs at each step besides the deliveries. */
  tick?: (jobs: readonly AnyJob[]) => Promise<unknown>;
  runOf?: (
    job: AnyJob,
    jobs: readonly AnyJob[],
  ) => ((input: JobInput<undefined>) => Promise<JobResult>) | undefined;
  onStep?: (at: number) => void;
}

/**
 * Has the jobs run by a fake clock, with everything that goes wrong: outages, lost, late and repeated events, instances that die, pauses,
 * failures. Returns how often each run was completed.
 */
export async function simulate({
  sql,
  setClock,
  seed,
  jobs,
  from,
  until,
  calmFrom,
  stepMs,
  outagesPerDay,
  tick,
  runOf,
  onStep = () => {},
}: Simulation): Promise<Map<string, number>> {
  const random = seededRandom(seed);
  const chance = (probability: number) => random() < probability;
  const completions = new Map<string, number>();
  let isCalm = false;
  const simulated: Job<undefined>[] = [];
  for (const job of jobs)
    simulated.push(
      defineJob(job.spec, async (input) => {
        const ownRun = runOf?.(job, simulated);
        if (!ownRun && !isCalm && chance(0.05))
          throw chance(0.5) ? new PermanentFailure('no') : new Error('boom');
        const result = await ownRun?.(input);
        completions.set(input.ctx.requestId, (completions.get(input.ctx.requestId) ?? 0) + 1);
        return result;
      }),
    );
  const outages: [number, number][] = [];
  for (let at = from; at < calmFrom; at += (2 * random() * day) / outagesPerDay)
    outages.push([at, at + Math.ceil(random() * 300) * minute]);
  const isOut = (at: number) => at < calmFrom && outages.some(([start, end]) => at >= start && at < end);

  const late: { job: Job<undefined>; slot: Date; at: number }[] = [];
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: the ways in which a delivery goes wrong, one after the other.
  const deliver = async (job: Job<undefined>, slot: Date) => {
    if (!isCalm && chance(0.02)) return void (await recordSlot(job.spec, slot));
    if (!isCalm && chance(0.03)) {
      // An instance that dies: nobody hears of its run any more.
      await recordSlot(job.spec, slot);
      return void (await claimSlot(job.spec.id, slot));
    }
    if (!isCalm && chance(0.03)) late.push({ job, slot, at: slot.getTime() + random() * 20 * minute });
    else {
      const times = chance(0.1) ? 3 : 1;
      await Promise.all(
        Array.from({ length: times }, () => job({ time: slot.toISOString() }, lambdaContext(60_000))),
      );
      if (chance(0.05)) late.push({ job, slot, at: slot.getTime() + random() * 20 * minute });
    }
  };

  await setClock(from);
  for (const { spec } of jobs)
    await sql`insert into jobs (id) values (${spec.id}) on conflict (id) do update set swept_until = now()`;
  for (let at = from + stepMs; at <= until; at += stepMs) {
    onStep(at);
    isCalm = at >= calmFrom;
    if (isOut(at)) continue;
    await setClock(at);
    if (isCalm) await sql`update jobs set paused_at = null where paused_at is not null`;
    else if (chance(0.05)) {
      const { spec } = jobs[Math.floor(random() * jobs.length)] as AnyJob;
      await sql`update jobs set paused_at = case when paused_at is null then now() end where id = ${spec.id}`;
    } else if (chance(0.06)) await sql`update jobs set paused_at = null where paused_at is not null`;
    const due = late.splice(0).filter((delivery) => delivery.at <= at || void late.push(delivery));
    const events = simulated.flatMap((job) =>
      slotsOf(job, at - stepMs, at)
        .filter((slot) => !isOut(slot.getTime()))
        .map((slot) => ({ job, slot })),
    );
    await Promise.all([...due, ...events].map(({ job, slot }) => deliver(job, slot)));
    if (tick) {
      await setClock(at + 4 * minute);
      await tick(simulated);
    }
  }
  return completions;
}

function slotsOf({ spec }: AnyJob, from: number, to: number): Date[] {
  return timesBetween(parseSchedule(spec.schedule as string), new Date(from), new Date(to), { limit: 1e6 });
}

/** What is wrong with the slots: no end, no reason, ran otherwise than the ledger says; and the number of slots by trigger and state. */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one list of all that may be wrong with a slot.
export async function checkSlots(
  sql: postgres.Sql,
  jobs: readonly AnyJob[],
  from: number,
  to: number,
  completions: Map<string, number>,
) {
  const counts: Record<string, number> = {};
  const wrong: unknown[] = [];
  for (const job of jobs) {
    const runs =
      await sql`select * from job_runs where job_id = ${job.spec.id} and slot > ${new Date(from)} order by slot`;
    const bySlot = new Map(runs.map((run) => [run.slot.getTime(), run]));
    const slots = slotsOf(job, from, to);
    const expected = new Set(slots.map(Number));
    const extra = runs.filter(({ slot }) => slot <= to && !expected.has(+slot));
    wrong.push(...extra.map((run) => ['not a slot', run]));
    for (const [index, slot] of slots.entries()) {
      const run = bySlot.get(slot.getTime());
      const completed = completions.get(run?.id) ?? 0;
      const isEnd = ['succeeded', 'failed', 'dead', 'timed_out', 'skipped', 'missed'].includes(run?.state);
      const isExplained = !['skipped', 'missed'].includes(run?.state) || run?.reason;
      if (!isEnd || !isExplained || completed !== (run?.state === 'succeeded' ? 1 : 0))
        wrong.push([job.spec.id, slot, run?.state, run?.reason, completed]);
      // Of every row of missed slots, the policy `once` runs a later one.
      if (job.spec.catchUp === undefined && run?.state === 'missed' && index === slots.length - 1)
        wrong.push([job.spec.id, slot, 'not caught up']);
      const kind = `${run?.trigger} ${run?.state}`;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  return { counts, wrong };
}

/** The sweep and the dispatcher as they are; the other jobs do nothing. */
export const ownJobs: NonNullable<Simulation['runOf']> = (job, jobs) => {
  if (job.spec.id === sweeper.spec.id)
    return ({ ctx }) => sweepMissedRuns(ctx, jobs) as Promise<JobResult & object>;
  if (job.spec.id === dispatcher.spec.id)
    return ({ ctx }) =>
      dispatchRuns(
        ctx,
        jobs.filter(({ spec }) => ![sweeper, dispatcher].some((own) => own.spec.id === spec.id)),
      );
  return undefined;
};

/** Every job that has a schedule. */
export const allJobs = [...registered.filter(({ spec }) => spec.schedule), dispatcher, sweeper] as AnyJob[];
