import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { runStates } from '#lib/jobs/run-states.ts';
import { instant } from './instant.ts';

const runTriggers = ['schedule', 'catch_up', 'enqueue', 'operator'] as const;

/** The ledger: one row for each run that should be, is or was. */
export const jobRuns = pgTable(
  'job_runs',
  {
    id: uuid().primaryKey(),
    jobId: text().notNull(),
    trigger: text({ enum: runTriggers }).notNull(),
    /** The time it was scheduled for; of a run that was enqueued, none. */
    slot: instant(),
    /** At most one run of a job has it: whoever enqueues twice gets the first. */
    key: text(),
    state: text({ enum: runStates }).notNull().default('scheduled'),
    /** Why it was skipped, missed or cancelled. */
    reason: text(),
    payload: jsonb().$type<unknown>(),
    /** The next attempt begins no sooner. */
    availableAt: instant().notNull(),
    /** Attempts since it was last started anew. */
    attempts: integer().notNull().default(0),
    maxAttempts: integer().notNull(),
    /** At most one of the exclusive runs of a job is running. */
    isExclusive: boolean().notNull(),
    /** Grows with every claim; who holds an older one may not write any more. */
    fence: bigint({ mode: 'number' }).notNull().default(0),
    /** Of the attempt under way, which becomes a row of its own when it ends. */
    attemptStartedAt: instant(),
    attemptRelease: text(),
    leaseUntil: instant(),
    cancelRequestedAt: instant(),
    checkpoint: jsonb().$type<unknown>(),
    progressDone: integer(),
    progressTotal: integer(),
    result: jsonb().$type<Record<string, unknown>>(),
    errorClass: text(),
    errorMessage: text(),
    /** The trace it was enqueued in (W3C Trace Context). */
    traceparent: text(),
    createdAt: instant().notNull().default(sql`now()`),
    startedAt: instant(),
    finishedAt: instant(),
    /** When whoever wants to know of a run that was given up or missed was told. */
    toldAt: instant(),
  },
  (table) => [
    // Every change of state writes into all indexes that hold the row (ADR 0026): each holds only the rows that it is asked for.
    uniqueIndex('job_runs_slot_key').on(table.jobId, table.slot).where(sql`slot is not null`),
    uniqueIndex('job_runs_key_key').on(table.jobId, table.key).where(sql`key is not null`),
    uniqueIndex('job_runs_one_running').on(table.jobId).where(sql`state = 'running' and is_exclusive`),
    // The dispatcher looks for what is due, the takeover for leases that have ended.
    index('job_runs_due_idx').on(table.availableAt).where(sql`state in ('scheduled', 'retrying')`),
    index('job_runs_lease_idx').on(table.leaseUntil).where(sql`state = 'running'`),
    index('job_runs_job_idx').on(table.jobId, table.createdAt, table.id),
    index('job_runs_dead_letters_idx')
      .on(table.finishedAt, table.id)
      .where(sql`state in ('failed', 'dead', 'timed_out')`),
    index('job_runs_finished_at_idx').on(table.finishedAt).where(sql`finished_at is not null`),
    index('job_runs_untold_idx')
      .on(table.finishedAt)
      .where(sql`state in ('failed', 'dead', 'timed_out', 'missed') and told_at is null`),
    check('job_runs_state_known', sql.raw(`state in (${runStates.map((state) => `'${state}'`).join(', ')})`)),
    check('job_runs_slot_of_schedule', sql`(trigger in ('schedule', 'catch_up')) = (slot is not null)`),
    check('job_runs_reason', sql`state not in ('skipped', 'missed') or reason is not null`),
  ],
);
