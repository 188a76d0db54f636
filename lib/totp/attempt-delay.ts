const freeFailures = 2;
const longestSeconds = 15 * 60;

/** How long the next attempt has to wait after so many failures in a row: 0, 0, 8 s, 16 s, … 15 min. ADR 0014. */
export function attemptDelaySeconds(failures: number): number {
  return failures <= freeFailures ? 0 : Math.min(2 ** failures, longestSeconds);
}
