import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { jobRuns } from '#lib/db/schema/job-runs.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { defaultRetry, type JobSpec } from '#lib/jobs/job-spec.ts';
import { defaultDst, parseSchedule, timesBetween } from '#lib/jobs/schedule.ts';

/** An event that is not here this long after its slot is taken for lost; EventBridge delivers within a minute. */
const graceSeconds = 120;
// The rest waits for the next sweep, a minute later.
const slotsAtOnce = 2_000;

export interface Sweep {
  readonly jobId: string;
  /** Slots that nobody will run. */
  readonly missed: number;
  /** Slots that run now, late; without those that no event is delivered for. */
  readonly caughtUp: number;
}

/**
 * Enters every slot into the ledger that should have been delivered by now and was not: by the job's policy it runs late, or is recorded
 * as missed; while the job is paused it is skipped. Two sweeps at once do it once.
 */
export async function sweepSlots(ctx: Context<SystemActor>, spec: JobSpec): Promise<Sweep> {
  const { schedule } = spec;
  if (!schedule) return { jobId: spec.id, missed: 0, caughtUp: 0 };
  return withTransaction(ctx, async (tx) => {
    await tx.insert(jobs).values({ id: spec.id }).onConflictDoNothing();
    const [job] = await tx.execute<{ from: string; until: string; isPaused: boolean }>(sql`
      select to_char(swept_until, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as from, paused_at is not null as "isPaused",
        to_char(now() - make_interval(secs => ${graceSeconds}), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as until
      from ${jobs} where id = ${spec.id} for update`);
    if (!job || job.until <= job.from) return { jobId: spec.id, missed: 0, caughtUp: 0 };
    const slots = slotsOf(spec, schedule, job);
    const known = await tx.execute<{ slot: string }>(sql`
      select to_char(slot, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as slot from ${jobRuns}
      where job_id = ${spec.id} and slot > ${job.from}::timestamptz`);
    if (isNeverLate(spec)) await skipUnbegun(tx, spec, job.until);
    const delivered = new Set([...known].map(({ slot }) => slot));
    const missing = slots.filter(({ at }) => !delivered.has(at));
    const isPartial = slots.length === slotsAtOnce;
    // Of a long outage, only the last part is caught up with.
    const isOutdated = [...delivered].some((slot) => slot > (missing.at(-1)?.at ?? ''));
    const late = job.isPaused || isPartial ? 0 : runsToCatchUp(spec, isOutdated);
    const rows = missing.map(({ at, isOurs }, index) =>
      toRow(spec, at, job.isPaused, !job.isPaused && (isOurs || index >= missing.length - late)),
    );
    if (rows.length > 0) await tx.insert(jobRuns).values(rows).onConflictDoNothing();
    const until = isPartial ? slots.at(-1)?.at : job.until;
    await tx.execute(sql`update ${jobs} set swept_until = ${until}::timestamptz where id = ${spec.id}`);
    return {
      jobId: spec.id,
      missed: rows.filter(({ state }) => state === 'missed').length,
      caughtUp: rows.filter(({ state }, index) => state === 'scheduled' && !missing[index]?.isOurs).length,
    };
  });
}

/** The slots after `from` up to `until`; `isOurs` are those that EventBridge does not deliver, because its policy for clock changes is another. */
function slotsOf(
  { timezone, dst }: JobSpec,
  expression: string,
  { from, until }: { from: string; until: string },
) {
  const schedule = parseSchedule(expression);
  const options = { limit: slotsAtOnce, timezone };
  const [after, upTo] = [new Date(from), new Date(until)];
  const delivered = new Set(timesBetween(schedule, after, upTo, { ...options, dst: defaultDst }).map(String));
  return timesBetween(schedule, after, upTo, { ...options, dst }).map((slot) => ({
    at: slot.toISOString(),
    isOurs: !delivered.has(String(slot)),
  }));
}

function isNeverLate({ catchUp, overlap }: JobSpec): boolean {
  return catchUp === 'none' && overlap !== 'queue';
}

/** An instance that dies between the entry of a slot and its claim leaves a run that would begin late, or never. */
async function skipUnbegun(tx: Transaction, { id }: JobSpec, until: string): Promise<void> {
  await tx.execute(sql`
    update ${jobRuns} set state = 'skipped', reason = 'delivered, but not begun in time', finished_at = now()
    where job_id = ${id} and state = 'scheduled' and trigger = 'schedule' and started_at is null and slot <= ${until}::timestamptz`);
}

/** `once` runs for all slots up to its own: not needed when a later one has been delivered. */
function runsToCatchUp({ catchUp = 'once' }: JobSpec, isOutdated: boolean): number {
  if (catchUp === 'once') return isOutdated ? 0 : 1;
  return catchUp === 'none' ? 0 : catchUp;
}

function toRow(spec: JobSpec, slot: string, isPaused: boolean, isLate: boolean): typeof jobRuns.$inferInsert {
  const row = {
    id: uuidv7(),
    jobId: spec.id,
    slot,
    availableAt: sql`now()` as never,
    maxAttempts: (spec.retry ?? defaultRetry).maxAttempts,
    isExclusive: spec.overlap !== 'parallel',
  };
  if (isLate) return { ...row, trigger: 'catch_up', state: 'scheduled' };
  const finishedAt = sql`now()` as never;
  if (isPaused) return { ...row, trigger: 'schedule', state: 'skipped', reason: 'paused', finishedAt };
  return { ...row, trigger: 'schedule', state: 'missed', reason: 'no event was delivered', finishedAt };
}
