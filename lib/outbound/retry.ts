const sharePerCall = 0.1;
// What 100 calls earn: saved up, retries never exceed 10 % of the calls before them.
const mostTokens = 10;
const firstDelayMs = 100;
const longestDelayMs = 2_000;

/** Retries are at most 10 % of the calls, so that they cannot add to the load of a service that fails. */
export class RetryBudget {
  #tokens = 0;

  earn(): void {
    this.#tokens = Math.min(mostTokens, this.#tokens + sharePerCall);
  }

  /** True, and paid for, when there may be another retry. */
  spend(): boolean {
    // Ten times a tenth is a little less than one.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** Full jitter: anything up to 100 ms before the first retry, 200 ms before the second …; never sooner than the service asks for. */
export function retryDelayMs(retry: number, atLeastMs: number, random = Math.random()): number {
  return Math.max(atLeastMs, random * Math.min(longestDelayMs, firstDelayMs * 2 ** retry));
}

/** `Retry-After`, in seconds or as a date, in ms from now; 0 when it is neither or past. */
export function parseRetryAfter(header: string | undefined, nowMs = Date.now()): number {
  if (header === undefined) return 0;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}
