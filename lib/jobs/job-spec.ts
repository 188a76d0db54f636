import type * as z from 'zod';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { DstPolicy, ScheduleExpression } from './schedule.ts';

/** What a run of a job gets besides what every verb gets; `now` is when this attempt began, by the clock of the database. */
export interface JobContext extends Context<SystemActor> {
  /** The scheduled time, for work about a period; a late or repeated attempt has the same. Undefined where nothing scheduled the run. */
  readonly slot: Date | undefined;
  /** Shows how far the run is, in the API and on the terminal, some seconds later. */
  progress(done: number, total?: number): void;
}

export interface RetryPolicy {
  /** Attempts in all; after the last one the run is dead. */
  readonly maxAttempts: number;
  /** The n-th retry waits a random time up to base x 2^(n-1) seconds, at most `maxSeconds` (full jitter). */
  readonly baseSeconds: number;
  readonly maxSeconds: number;
}

/** What names a job where its code is not known: enough to enqueue it. */
export interface JobReference<P = unknown> {
  /** camelCase; its kebab-case is the file name. */
  readonly id: string;
  readonly payload?: z.ZodType<P>;
  readonly retry?: RetryPolicy;
  /**
   * When a run of the job is still under way: the new one is skipped (default), waits for its end, or runs beside it. Runs that are
   * enqueued with a payload are work items and mostly `parallel`.
   */
  readonly overlap?: 'skip' | 'queue' | 'parallel';
}

/** The contract of one job: schedule, infrastructure and documentation are derived from it. */
export interface JobSpec<P = unknown> extends JobReference<P> {
  readonly summary: string;
  /** Left out: it runs only when it is enqueued or an operator starts it. */
  readonly schedule?: ScheduleExpression;
  /** IANA name in which a `cron(…)` is read; UTC by default. */
  readonly timezone?: string;
  /** By default what EventBridge Scheduler does: no run at a time that does not exist, one at a time that repeats. */
  readonly dst?: DstPolicy;
  /** What becomes of slots that passed while nothing ran: nothing, one run for all of them (default), or a run each up to a number. */
  readonly catchUp?: 'none' | 'once' | number;
  /** At most 900, the limit of Lambda. */
  readonly timeoutSeconds: number;
}

/**
 * Work that is not done yet: the run goes on from `checkpoint` in another invocation, within about a minute; from null, anew. A checkpoint
 * equal to the one that the invocation began with is a failed attempt: nothing was done.
 */
export class Continuation {
  readonly checkpoint: unknown;

  constructor(checkpoint: unknown) {
    this.checkpoint = checkpoint;
  }
}

export interface JobInput<P> {
  readonly ctx: JobContext;
  readonly payload: P;
  /** Where the invocation before this one stopped; undefined in the first, and in one that begins anew. */
  readonly checkpoint: unknown;
}

export type JobResult = Record<string, unknown> | Continuation | undefined;

/** A job with its code. */
export interface JobDefinition<P = unknown> {
  readonly spec: JobSpec<P>;
  readonly run: (input: JobInput<P>) => Promise<JobResult>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of jobs has jobs of every payload.
export type AnyJob = JobDefinition<any>;

/** Three attempts, within about ten minutes. */
export const defaultRetry: RetryPolicy = { maxAttempts: 3, baseSeconds: 60, maxSeconds: 600 };
