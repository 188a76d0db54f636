/** Counts by bucket; only buckets that count something are there. */
export type Histogram = ReadonlyMap<number, number>;

/**
 * Buckets in which a value doubles. 14 make a bucket 5 % wide: its middle is at most 2.5 % from every value in it, and powers of two
 * are borders of buckets, so that coarser histograms with such borders are exact.
 */
export const bucketsPerDoubling = 14;

// 1 us and 2^20 ms (17 min): what is shorter or longer than anything we measure counts there.
const lowest = -140;
const highest = 20 * bucketsPerDoubling;

/** The bucket of a duration: bucket i holds what is above 2^((i-1)/14) ms and at most 2^(i/14) ms. */
export function bucketOf(durationMs: number): number {
  const bucket = Math.ceil(Math.log2(durationMs) * bucketsPerDoubling);
  if (bucket >= lowest && bucket <= highest) return bucket;
  return bucket > highest ? highest : lowest;
}

/** The value that stands for all in a bucket: at most 2.5 % from each of them. */
export function middleOf(bucket: number, perDoubling = bucketsPerDoubling): number {
  const upper = 2 ** (bucket / perDoubling);
  const lower = 2 ** ((bucket - 1) / perDoubling);
  return (2 * lower * upper) / (lower + upper);
}

/** The bucket here of what a release with buckets of another width counted; costs half a width of precision. */
export function translateBucket(bucket: number, perDoubling: number): number {
  return perDoubling === bucketsPerDoubling ? bucket : bucketOf(middleOf(bucket, perDoubling));
}

/** What one instance would have counted had it seen all of it. */
export function mergeHistograms(histograms: Iterable<Histogram>): Histogram {
  const merged = new Map<number, number>();
  for (const histogram of histograms)
    for (const [bucket, count] of histogram) merged.set(bucket, (merged.get(bucket) ?? 0) + count);
  return merged;
}

/** How many values it has. */
export function countOf(histogram: Histogram): number {
  return [...histogram.values()].reduce((sum, count) => sum + count, 0);
}

/** The value in ms that the share `q` of all values does not exceed (nearest rank), within 2.5 %; undefined when there is none. */
export function quantileOf(histogram: Histogram, q: number): number | undefined {
  const rank = Math.max(1, Math.ceil(countOf(histogram) * q));
  let seen = 0;
  for (const [bucket, count] of [...histogram].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= rank) return middleOf(bucket);
  }
  return undefined;
}

/** How many values are at most `limitMs`: exact when that is a power of two. */
export function countUpTo(histogram: Histogram, limitMs: number): number {
  const last = bucketOf(limitMs);
  return [...histogram].reduce((sum, [bucket, count]) => (bucket <= last ? sum + count : sum), 0);
}
