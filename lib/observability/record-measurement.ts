import { bucketOf, bucketsPerDoubling } from './histogram.ts';
import { addIncrement } from './increments.ts';

/** Redis hash with the names of those that hold measurements not yet folded. */
export const measurementIndexKey = 'measure:index';

/** Field of the sum of durations in us; the other fields end in a bucket. */
export const durationField = 'us';

/** What one request or run counts as. */
export interface Measurement {
  /** Id of a spec: never a path. */
  readonly operation: string;
  /** The status of a request; how a run ended. */
  readonly outcome: number | 'succeeded' | 'failed';
  readonly durationMs: number;
  readonly isColdStart: boolean;
}

/**
 * Counts a request or run in the histogram of its minute, for the next gate call of the instance to send. The name of the hash tells
 * the width of its buckets, so that releases with others get along.
 */
export function recordMeasurement({ operation, outcome, durationMs, isColdStart }: Measurement): void {
  const key = hashOf(Math.floor(Date.now() / 60_000));
  const prefix = `${operation}|${outcome}|${isColdStart ? 'c' : 'w'}|`;
  // The name first: where there is no room for it, there is none for what it leads to.
  addIncrement(measurementIndexKey, key, 1);
  addIncrement(key, prefix + bucketOf(durationMs), 1);
  addIncrement(key, prefix + durationField, Math.round(durationMs * 1000));
}

let lastMinute = 0;
let lastKey = '';

// Built once a minute: this runs in every request.
function hashOf(minute: number): string {
  if (minute !== lastMinute) {
    lastMinute = minute;
    lastKey = `measure:${bucketsPerDoubling}:${minute}`;
  }
  return lastKey;
}
