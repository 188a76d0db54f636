import type { RetryPolicy } from './job-spec.ts';

/** Seconds until the attempt after the n-th: random up to an exponential limit ("full jitter", AWS Architecture Blog, 2015). */
export function retryDelaySeconds(
  { baseSeconds, maxSeconds }: RetryPolicy,
  attempt: number,
  random: () => number = Math.random,
): number {
  return random() * Math.min(maxSeconds, baseSeconds * 2 ** (attempt - 1));
}
