/** When a breaker opens, for how long, and how long a probe may take. */
export interface BreakerSettings {
  readonly windowMs: number;
  /** Below so many calls in the window nothing can be said. */
  readonly minimumCalls: number;
  /** The share of failures, 0 to 1, from which on it opens. */
  readonly failureShare: number;
  /** After the first trip; it doubles with each probe that fails. */
  readonly backOffMs: number;
  readonly longestBackOffMs: number;
  readonly probeMs: number;
}

interface Bucket {
  readonly endsAtMs: number;
  calls: number;
  failures: number;
  unreported: number;
}

const bucketsInWindow = 10;

/** What this instance has seen of a service by itself: enough to protect it, and the instance, while Redis is away. */
export class LocalBreaker {
  readonly #settings: BreakerSettings;
  #buckets: Bucket[] = [];
  #trips = 0;
  #openUntilMs = 0;
  #probeUntilMs = 0;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  /** 0 when a call may go out, else for how many ms none may. After the back-off one call goes first, as a probe. */
  enter(nowMs: number): number {
    if (this.#trips === 0) return 0;
    const untilMs = Math.max(this.#openUntilMs, this.#probeUntilMs);
    if (nowMs < untilMs) return untilMs - nowMs;
    this.#probeUntilMs = nowMs + this.#settings.probeMs;
    return 0;
  }

  /** Counts how a call ended. While it is open, only the probe can have called: a success closes it. `random` is 0 to 1. */
  record(isFailure: boolean, nowMs: number, random: number, atLeastMs = 0): void {
    const bucket = this.#bucketAt(nowMs);
    bucket.calls++;
    bucket.unreported++;
    if (isFailure) bucket.failures++;
    if (this.#trips > 0) {
      if (nowMs < this.#openUntilMs) return;
      if (isFailure) this.#trip(nowMs, random, atLeastMs);
      else this.reset();
      return;
    }
    if (isFailure && this.#isTooMuch()) this.#trip(nowMs, random, atLeastMs);
  }

  /** Ends a probe of which nobody knows how it went. */
  release(): void {
    this.#probeUntilMs = 0;
  }

  /** The calls in the window that no report to the fleet has had yet; they count as reported from now on. */
  takeUnreported(nowMs: number): number {
    this.#bucketAt(nowMs);
    const unreported = this.#buckets.reduce((sum, bucket) => sum + bucket.unreported, 0);
    for (const bucket of this.#buckets) bucket.unreported = 0;
    return unreported;
  }

  reset(): void {
    this.#buckets = [];
    this.#trips = 0;
    this.#openUntilMs = 0;
    this.#probeUntilMs = 0;
  }

  #isTooMuch(): boolean {
    const { minimumCalls, failureShare } = this.#settings;
    const calls = this.#buckets.reduce((sum, bucket) => sum + bucket.calls, 0);
    const failures = this.#buckets.reduce((sum, bucket) => sum + bucket.failures, 0);
    return calls >= minimumCalls && failures >= calls * failureShare;
  }

  #trip(nowMs: number, random: number, atLeastMs: number): void {
    const { backOffMs, longestBackOffMs } = this.#settings;
    const spanMs = Math.min(longestBackOffMs, backOffMs * 2 ** Math.min(this.#trips, 20));
    this.#trips++;
    this.#openUntilMs = nowMs + Math.max(spanMs / 2 + (spanMs / 2) * random, atLeastMs);
    this.#probeUntilMs = 0;
    this.#buckets = [];
  }

  #bucketAt(nowMs: number): Bucket {
    const { windowMs } = this.#settings;
    this.#buckets = this.#buckets.filter(({ endsAtMs }) => endsAtMs > nowMs - windowMs);
    const last = this.#buckets.at(-1);
    if (last && last.endsAtMs > nowMs) return last;
    const bucket = { endsAtMs: nowMs + windowMs / bucketsInWindow, calls: 0, failures: 0, unreported: 0 };
    this.#buckets.push(bucket);
    return bucket;
  }
}
