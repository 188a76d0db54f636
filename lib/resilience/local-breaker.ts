import {
  type BreakerSettings,
  failureShare,
  firstBackOffMs,
  longestBackOffMs,
  windowMs,
} from './circuit-breaker-limits.ts';

// Enough to tell a share, and quick to count.
const remembersAtMost = 100;

interface Call {
  readonly atMs: number;
  readonly isFailure: boolean;
  isReported: boolean;
}

/** What this instance has seen of a service by itself: enough to protect it, and the instance, while Redis is away. */
export class LocalBreaker {
  readonly #settings: BreakerSettings;
  #calls: Call[] = [];
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

  /** Counts how a call ended. After the back-off only the probe can have called: a success closes the breaker. `random` is 0 to 1. */
  record(isFailure: boolean, nowMs: number, random: number, atLeastMs: number): void {
    if (this.#trips > 0 && nowMs < this.#openUntilMs) return;
    if (this.#trips > 0 && !isFailure) this.reset();
    const calls = this.#calls.filter(({ atMs }) => atMs > nowMs - windowMs);
    this.#calls = [...calls, { atMs: nowMs, isFailure, isReported: false }].slice(-remembersAtMost);
    if (isFailure && (this.#trips > 0 || this.#isTooMuch())) this.#trip(nowMs, random, atLeastMs);
  }

  /** Ends a probe of which nobody knows how it went. */
  release(): void {
    this.#probeUntilMs = 0;
  }

  /** The calls in the window that no report to the fleet has had yet; they count as reported from now on. */
  takeUnreported(): number {
    const unreported = this.#calls.filter(({ isReported }) => !isReported);
    for (const call of unreported) call.isReported = true;
    return unreported.length;
  }

  reset(): void {
    this.#calls = [];
    this.#trips = 0;
    this.#openUntilMs = 0;
    this.#probeUntilMs = 0;
  }

  #isTooMuch(): boolean {
    const calls = this.#calls.length;
    const failures = this.#calls.filter(({ isFailure }) => isFailure).length;
    return calls >= this.#settings.minimumCalls && failures >= calls * failureShare;
  }

  #trip(nowMs: number, random: number, atLeastMs: number): void {
    const halfMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** this.#trips) / 2;
    this.#trips++;
    this.#openUntilMs = nowMs + Math.max(halfMs + halfMs * random, atLeastMs);
    this.#probeUntilMs = 0;
  }
}
