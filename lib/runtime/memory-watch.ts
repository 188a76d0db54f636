import { getMemoryLimitBytes } from '#lib/config/aws-environment.ts';
import { logger } from '#lib/observability/logger.ts';

// Lambda kills the process at its limit, without a word in our log.
const warnAtShares = [0.9, 0.8];
// Reading it costs 10 us.
const sampleEveryMs = 1_000;

let nextSampleAtMs = 0;
let warnedAtShare = 0;

/** Warns once above 80 %, and once above 90 %, of the memory that the function has; looks at most once a second. */
export function watchMemory(nowMs: number): void {
  if (nowMs < nextSampleAtMs) return;
  nextSampleAtMs = nowMs + sampleEveryMs;
  const limitBytes = getMemoryLimitBytes();
  if (limitBytes === undefined) return;
  const rssBytes = process.memoryUsage.rss();
  const share = warnAtShares.find((candidate) => rssBytes >= candidate * limitBytes) ?? 0;
  if (share <= warnedAtShare) return;
  warnedAtShare = share;
  logger.warn('memory is nearly used up', { rssBytes, limitBytes, usedShare: round(rssBytes / limitBytes) });
}

/** What the process takes of the memory that it may have; without a limit, as outside of Lambda, that is left out. */
export function getMemory() {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const limitBytes = getMemoryLimitBytes();
  return {
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
    ...(limitBytes !== undefined && { limitBytes, usedShare: round(rss / limitBytes) }),
  };
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000;
}
