import { setTimeout as sleep } from 'node:timers/promises';
import { getInvocation, withinDeadline } from '#lib/invocation.ts';
import { noteSpan } from '#lib/observability/spans.ts';
import { nextTraceparent } from '#lib/observability/trace-context.ts';
import { getBreaker, type Settled, type Verdict } from '#lib/resilience/circuit-breaker.ts';
import { OutboundError, refuse } from './outbound-error.ts';
import { parseRetryAfter, RetryBudget, retryDelayMs } from './retry.ts';
import type { OutboundResponse } from './send-request.ts';
import type { Upstream } from './upstreams.ts';

export interface OutboundRequest {
  readonly url: string | URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whether it may be sent twice. */
  readonly isIdempotent?: boolean;
  /** Ends the call before its time. */
  readonly signal?: AbortSignal;
}

// To tell the fleet of a failure, and to answer without the service.
const reserveMs = 300;

const budgets = new Map<string, RetryBudget>();

/**
 * Calls another service: the only way to do so. Gives any answer, also 4xx and 5xx; throws OutboundError when there is none within the
 * deadline of the invocation, and AppError `unavailable` while the circuit breaker of the service is open.
 */
export async function outbound(upstream: Upstream, request: OutboundRequest): Promise<OutboundResponse> {
  const budget = budgets.get(upstream.name) ?? new RetryBudget();
  budgets.set(upstream.name, budget);
  budget.earn();
  const retries = request.isIdempotent ? upstream.retries : 0;
  for (let retry = 0; ; retry++) {
    const settled = await settle(attempt(upstream, request));
    const verdict = judge(settled);
    const delayMs = typeof verdict === 'object' ? retryDelayMs(retry, verdict.failedForMs) : 0;
    if (delayMs > 0 && retry < retries && remainingMs(delayMs + 1) > delayMs && budget.spend()) {
      await pause(delayMs, request.signal);
      continue;
    }
    if ('error' in settled) throw settled.error;
    return settled.value;
  }
}

/** An aborted pause ends early: the attempt after it sees the signal and tells. */
async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delayMs, undefined, { ...(signal && { signal }) });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

async function settle<T>(work: Promise<T>): Promise<Settled<T>> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** How much of `wantedMs` the invocation can still give to the call. */
function remainingMs(wantedMs: number): number {
  return withinDeadline(wantedMs + reserveMs) - reserveMs;
}

async function attempt(upstream: Upstream, request: OutboundRequest): Promise<OutboundResponse> {
  const { name, minimumCalls, timeoutMs } = upstream;
  const breaker = getBreaker(name, { minimumCalls, probeMs: timeoutMs + reserveMs });
  return breaker.run(() => exchange(upstream, request), judge);
}

async function exchange(upstream: Upstream, request: OutboundRequest): Promise<OutboundResponse> {
  const { url, method = 'GET', headers = {}, body } = request;
  const timeoutMs = remainingMs(upstream.timeoutMs);
  if (timeoutMs <= 0) throw new OutboundError('deadline', new Error('no time is left for the call'));
  if (!URL.canParse(`${url}`)) refuse('what is called is not a URL');
  const invocation = getInvocation();
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
  const startedAt = performance.now();
  try {
    return await upstream.send(
      upstream,
      new URL(url),
      { method, headers: { ...headers, traceparent: nextTraceparent() }, body },
      signal,
    );
  } catch (error) {
    throw toOutboundError(error, {
      isAborted: request.signal?.aborted,
      isTimeout: timeout.aborted,
      // Half of its time is enough for a service to be blamed.
      isCut: timeoutMs < upstream.timeoutMs / 2,
    });
  } finally {
    if (invocation) invocation.outboundMs += performance.now() - startedAt;
    noteSpan(upstream.name, startedAt, 'client');
  }
}

function toOutboundError(
  error: unknown,
  { isAborted, isTimeout, isCut }: { isAborted: boolean | undefined; isTimeout: boolean; isCut: boolean },
): OutboundError {
  if (error instanceof OutboundError) return error;
  // Node throws it for a method or header that HTTP does not know.
  if (error instanceof TypeError) return new OutboundError('refused', error);
  if (isAborted) return new OutboundError('aborted', error);
  if (isTimeout) return new OutboundError(isCut ? 'deadline' : 'timeout', error);
  return new OutboundError('connection', error);
}

/** A refusal of ours, a caller who gives up and a deadline that was too near say nothing of the service. */
function judge(settled: Settled<OutboundResponse>): Verdict {
  if ('value' in settled) {
    const { status, headers } = settled.value;
    const isFailure = status >= 500 || status === 429;
    return isFailure ? { failedForMs: parseRetryAfter(headers['retry-after']) } : 'healthy';
  }
  const failure = settled.error instanceof OutboundError ? settled.error.failure : undefined;
  if (failure === 'connection' || failure === 'timeout') return { failedForMs: 0 };
  return failure === 'too_large' ? 'healthy' : 'unknown';
}
