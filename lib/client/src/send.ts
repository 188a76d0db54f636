import { type Answer, PlinthProblem } from './problem.ts';
import { wait } from './wait.ts';

/** A request whose every attempt is the same, but for its credentials. */
export interface PreparedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether doing it twice is doing it once. */
  readonly isRepeatable: boolean;
}

export interface SendOptions {
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
  /** How long after its beginning it may still be repeated, once it is not known what was done. */
  readonly repeatWithinMs?: number | undefined;
}

// The longest window of a burst limit is a minute; who is told to wait longer should know it.
const longestWaitSeconds = 60;
const firstPauseMs = 250;

/**
 * The successful answer, else throws `PlinthProblem`, or what `fetch` throws. Sends again after 429, for nothing was done then; when it
 * is not known what was done, only what is repeatable.
 */
export async function send(request: PreparedRequest, options: SendOptions): Promise<Answer> {
  // Whether an attempt may have been carried out without our knowing it.
  let isUncertain = false;
  const repeatUntil = Date.now() + (options.repeatWithinMs ?? Number.POSITIVE_INFINITY);
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await attemptOnce(request, options);
    if (!(outcome instanceof Error)) return outcome;
    if (isUncertain && isGone(request, outcome)) return { status: 204, headers: new Headers(), text: '' };
    if (attempt >= options.retries || !isWorthRepeating(request, outcome)) throw outcome;
    isUncertain ||= !wasRefused(outcome);
    const pause = pauseMs(outcome, attempt);
    if (isUncertain && Date.now() + pause > repeatUntil) throw outcome;
    await wait(pause, options.signal);
  }
}

function isWorthRepeating({ isRepeatable }: PreparedRequest, outcome: Error): boolean {
  if (!(outcome instanceof PlinthProblem)) return isRepeatable;
  const { isRetryable, retryAfterSeconds = 0 } = outcome;
  return isRetryable && retryAfterSeconds <= longestWaitSeconds && (isRepeatable || wasRefused(outcome));
}

function wasRefused(outcome: Error): boolean {
  return outcome instanceof PlinthProblem && outcome.status === 429;
}

/** One attempt: its answer, or why there is none. Throws when the caller has aborted it. */
async function attemptOnce(
  { method, url, headers, body }: PreparedRequest,
  { fetch, timeoutMs, signal }: SendOptions,
): Promise<Answer | Error> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      // Cookies would authenticate beside the credentials of this client, and nothing of this API redirects.
      credentials: 'omit',
      redirect: 'manual',
    });
    const answer = { status: response.status, headers: response.headers, text: await response.text() };
    return isSuccess(answer) ? answer : new PlinthProblem(answer);
  } catch (error) {
    signal?.throwIfAborted();
    // A time-out or a connection that broke: `fetch` throws nothing else for a request that it could send.
    if (error instanceof Error) return error;
    throw error;
  }
}

/** A report of bad health is an answer like one of good health, though its status is 503 for those who only look at that. */
function isSuccess({ status, headers }: Answer): boolean {
  const isReport = headers.get('content-type')?.startsWith('application/health+json') === true;
  return (status >= 200 && status < 300) || isReport;
}

/** What an earlier attempt has deleted is gone when the next one comes. */
function isGone({ method }: PreparedRequest, outcome: Error): boolean {
  return method === 'DELETE' && outcome instanceof PlinthProblem && [404, 410].includes(outcome.status);
}

/** How long to wait before the next attempt, with jitter, so that those who were refused together do not come back together. */
function pauseMs(outcome: Error, attempt: number): number {
  const spreadMs = firstPauseMs * 2 ** attempt * Math.random();
  const asked = outcome instanceof PlinthProblem ? outcome.retryAfterSeconds : undefined;
  return spreadMs + (asked === undefined ? firstPauseMs : asked * 1000);
}
