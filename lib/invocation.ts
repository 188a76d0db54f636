import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from './observability/spans.ts';
import type { TraceContext } from './observability/trace-context.ts';

/**
 * What one request or run of a job may still take and has used so far. Infrastructure (database, Redis, outbound calls) reads it;
 * verbs have their `Context`.
 */
export interface Invocation {
  /** On the clock of `performance.now()`: when we have to have answered. */
  readonly deadlineAtMs: number;
  /** Declares a time-out of its own, as jobs do: single statements may take longer than those of a quick request. */
  readonly isLong: boolean;
  databaseMs: number;
  statements: number;
  redisMs: number;
  outboundMs: number;
  /** Work beside the request's own, which has to end before the answer leaves. */
  beside?: Promise<unknown>[];
  atEnd?: (() => void)[];
  /** Of the request, or the run of a job: every log line names it. */
  requestId: string | undefined;
  trace: TraceContext | undefined;
  /** Of a sampled trace, with TRACING=otlp. */
  recording: { readonly rootSpanId: string; readonly spans: Span[] } | undefined;
}

const storage = new AsyncLocalStorage<Invocation>();

/** Runs `work`, and whatever it starts, as one invocation that has `remainingMs` left. */
export function runInvocation<T>(
  remainingMs: number,
  isLong: boolean,
  work: (invocation: Invocation) => T,
): T {
  const deadlineAtMs = performance.now() + remainingMs;
  const invocation: Invocation = {
    deadlineAtMs,
    isLong,
    databaseMs: 0,
    statements: 0,
    redisMs: 0,
    outboundMs: 0,
    requestId: undefined,
    trace: undefined,
    recording: undefined,
  };
  return storage.run(invocation, work, invocation);
}

/** The invocation under way; undefined outside of one, as in scripts. */
export function getInvocation(): Invocation | undefined {
  return storage.getStore();
}

/** How much of `wantedMs` the invocation under way has left, in whole ms; at least 1. */
export function withinDeadline(wantedMs: number): number {
  const invocation = storage.getStore();
  const remainingMs = invocation ? invocation.deadlineAtMs - performance.now() : wantedMs;
  return Math.max(1, Math.floor(Math.min(wantedMs, remainingMs)));
}

/**
 * Has the answer of the invocation under way wait for `work`, which must not reject: on Lambda, what is still going on when the answer
 * leaves goes on in the next invocation, perhaps hours later. Outside of an invocation nobody waits.
 */
export function runBeside(work: Promise<unknown>): void {
  const invocation = storage.getStore();
  if (!invocation) return;
  invocation.beside ??= [];
  invocation.beside.push(work);
}

/** Has `work`, which must not throw, run when the invocation under way has done everything else; at once outside of one. */
export function runAtEnd(work: () => void): void {
  const invocation = storage.getStore();
  if (invocation) {
    invocation.atEnd ??= [];
    invocation.atEnd.push(work);
  } else work();
}
