import * as z from 'zod';
import { runStates } from '#lib/jobs/run-states.ts';
import { JsonValue } from '#lib/json-value.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

const Time = z.iso.datetime();
const State = z.enum(runStates).meta({ id: 'JobRunState', example: 'succeeded' });
const JobId = z
  .string()
  .max(100)
  .regex(/^[a-z][a-zA-Z0-9]*$/)
  .meta({ example: 'expireSessions' });

/** Of a run, whose job may be of another release. */
const AnyJobId = z.string().meta({ example: 'expireSessions' });

const Pause = z
  .object({
    at: Time,
    by: z.uuid().nullable(),
    reason: z.string().nullable().meta({ example: 'It locks too much' }),
  })
  .meta({ id: 'JobPause' });

export const ScheduledJob = z
  .object({
    id: JobId,
    summary: z.string().meta({ example: 'Remove sessions that have ended' }),
    schedule: z
      .string()
      .nullable()
      .meta({ description: 'As EventBridge writes it; null: only on request.', example: 'rate(1 hour)' }),
    timezone: z.string().meta({ description: 'In which a `cron(…)` is read.', example: 'UTC' }),
    overlap: z.enum(['skip', 'queue', 'parallel']),
    catchUp: z
      .union([z.enum(['none', 'once']), z.int()])
      .meta({ description: 'How many of the slots run late that passed while nothing ran.' }),
    maxAttempts: z.int(),
    paused: Pause.nullable(),
    lastSuccessAt: Time.nullable(),
    lastRun: z.object({ id: z.uuid(), state: State }).nullable(),
    nextTimes: z.array(Time).meta({ description: 'The next five slots.' }),
    successRate: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .meta({ description: 'Of the last 1,000 runs, those that should have run and are over; null: none.' }),
    p99DurationMs: z
      .int()
      .nullable()
      .meta({ description: 'Of the successes among those, from the first start to the end.' }),
  })
  .meta({ id: 'ScheduledJob' });
export type ScheduledJob = z.input<typeof ScheduledJob>;

export const JobList = z.object({ items: z.array(ScheduledJob) }).meta({ id: 'JobList' });
export type JobList = z.input<typeof JobList>;

const JobError = z
  .object({
    class: z.string().meta({ example: 'PostgresError 57014' }),
    message: z.string().meta({ example: 'canceling statement due to statement timeout' }),
  })
  .meta({ id: 'JobError' });

export const JobRun = z
  .object({
    id: z.uuid(),
    jobId: AnyJobId,
    trigger: z.enum(['schedule', 'catch_up', 'enqueue', 'operator']),
    slot: Time.nullable().meta({ description: 'The time it was scheduled for; null: none.' }),
    key: z.string().nullable().meta({ example: null }),
    state: State,
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it was skipped, missed or cancelled.', example: null }),
    availableAt: Time.meta({ description: 'The next attempt begins no sooner.' }),
    attempts: z.int().meta({ description: 'Since it was last started anew.' }),
    maxAttempts: z.int(),
    progress: z.object({ done: z.int(), total: z.int().nullable() }).nullable(),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ example: { removed: 12 } }),
    error: JobError.nullable().meta({ description: 'Of the last attempt.', example: null }),
    cancelRequestedAt: Time.nullable().meta({ example: null }),
    createdAt: Time,
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
  })
  .meta({ id: 'JobRun' });
export type JobRun = z.input<typeof JobRun>;

export const JobRunDetails = JobRun.extend({
  attemptHistory: z
    .array(
      z.object({
        startedAt: Time,
        finishedAt: Time.nullable(),
        outcome: z.enum(['succeeded', 'failed', 'timed_out', 'continued', 'cancelled']).nullable(),
        error: JobError.nullable(),
        release: z.string().meta({ example: '0.1.0' }),
      }),
    )
    .meta({ description: 'The last 100, newest first; without an end it is under way.' }),
}).meta({ id: 'JobRunDetails' });
export type JobRunDetails = z.input<typeof JobRunDetails>;

export const JobRunPage = z
  .object({
    items: z.array(JobRun),
    nextCursor: NextCursor,
  })
  .meta({ id: 'JobRunPage' });
export type JobRunPage = z.input<typeof JobRunPage>;

export const JobParams = z.object({ jobId: JobId });
export const JobRunParams = z.object({ id: z.uuid() });

export const ListJobRunsQuery = PageQuery.extend({ state: State.optional() });
export type ListJobRunsQuery = z.output<typeof ListJobRunsQuery>;

export const TriggerJobInput = z
  .strictObject({
    payload: JsonValue.optional().meta({ description: 'Checked by the job when the run begins.' }),
  })
  .meta({ id: 'TriggerJobInput' });
export type TriggerJobInput = z.output<typeof TriggerJobInput>;

export const PauseJobInput = z
  .strictObject({ reason: z.string().trim().min(1).max(500) })
  .meta({ id: 'PauseJobInput' });
export type PauseJobInput = z.output<typeof PauseJobInput>;

export const RedriveInput = z
  .strictObject({
    jobId: JobId.optional().meta({ description: 'Left out: the runs of all jobs.' }),
    limit: z.int().min(1).max(100).default(25),
  })
  .meta({ id: 'RedriveInput' });
export type RedriveInput = z.output<typeof RedriveInput>;

export const RedriveReport = z
  .object({ items: z.array(z.object({ id: z.uuid(), jobId: AnyJobId })) })
  .meta({ id: 'RedriveReport' });
export type RedriveReport = z.input<typeof RedriveReport>;
