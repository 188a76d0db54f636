/** Failures older than this say nothing: half a minute is longer than a restart of the other side takes to be noticed. */
export const windowMs = 30_000;
/** A breaker opens when at least this share of the calls failed. */
export const failureShare = 0.5;
/** After the first trip; twice as long after each probe that fails. */
export const firstBackOffMs = 5_000;
/** The longest that a service which is well again may wait for its probe. */
export const longestBackOffMs = 300_000;

/** What differs by service. */
export interface BreakerSettings {
  /** With fewer calls in the window a breaker stays closed. */
  readonly minimumCalls: number;
  /** A probe that takes longer is given up, and another one elected. */
  readonly probeMs: number;
}
