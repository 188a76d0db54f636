import type { Problem } from './generated/api.ts';

export type ProblemCode = Problem['code'];

export type FieldError = NonNullable<Problem['errors']>[number];

// What says so without a body of the API: a gateway or proxy on the way.
const retryableStatuses = new Set([429, 502, 503, 504]);

/** An answer that is no success; `code` says why. It is `unknown` when not the API answered but something before it. */
export class PlinthProblem extends Error {
  override readonly name = 'PlinthProblem';
  readonly code: ProblemCode | 'unknown';
  readonly status: number;
  /** What went wrong this time, for people. */
  readonly detail: string | undefined;
  /** The parts of the request that break a rule, each with a JSON pointer. */
  readonly errors: readonly FieldError[];
  /** What the operators of the service can find it by. */
  readonly requestId: string | undefined;
  /** Whether the same request may succeed later. */
  readonly isRetryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** After `precondition_failed`: the version there is now. */
  readonly currentVersion: number | undefined;

  constructor({ status, headers, text }: Answer) {
    const problem = parseProblem(headers, text);
    const requestId = problem?.requestId ?? headers.get('x-request-id') ?? undefined;
    const summary = problem?.detail ?? problem?.title ?? 'the answer is no problem document';
    super(`${status} ${problem?.code ?? 'unknown'}: ${summary}${requestId ? ` (request ${requestId})` : ''}`);
    this.code = problem?.code ?? 'unknown';
    this.status = status;
    this.detail = problem?.detail;
    this.errors = problem?.errors ?? [];
    this.requestId = requestId;
    this.isRetryable = problem?.retryable ?? retryableStatuses.has(status);
    this.retryAfterSeconds = parseRetryAfter(headers);
    this.currentVersion = parseVersion(headers.get('etag'));
  }
}

/** What came back, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

function parseProblem(headers: Headers, text: string): Problem | undefined {
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    // Cut off or replaced on its way: the status alone is left.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3), which counts from the date of the answer: clocks differ. */
function parseRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const now = Date.parse(headers.get('date') ?? '') || Date.now();
  const seconds = (Date.parse(value) - now) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

function parseVersion(etag: string | null): number | undefined {
  const [, version] = /^"v(\d+)"$/.exec(etag ?? '') ?? [];
  return version === undefined ? undefined : Number(version);
}
