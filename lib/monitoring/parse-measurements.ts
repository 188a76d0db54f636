import { bucketsPerDoubling, translateBucket } from '#lib/observability/histogram.ts';
import { durationField } from '#lib/observability/record-measurement.ts';

/** What happened with one operation in one minute, under one outcome. */
export interface MeasuredGroup {
  readonly operation: string;
  readonly outcome: string;
  readonly isCold: boolean;
  count: number;
  durationUs: number;
  readonly buckets: Record<string, number>;
}

/** The minute of a hash and the width of its buckets; undefined for a name that no release of ours writes. */
export function parseHashName(name: string): { perDoubling: number; startsAt: Date } | undefined {
  const [, perDoubling, minute] = /^measure:([1-9]\d{0,3}):(\d{1,9})$/.exec(name) ?? [];
  if (!perDoubling || !minute) return undefined;
  return { perDoubling: Number(perDoubling), startsAt: new Date(Number(minute) * 60_000) };
}

const fieldPattern = /^(\w{1,100})\|(\d{3}|succeeded|failed)\|([cw])\|(us|-?\d{1,6})$/;

/** The groups in a hash; fields that do not look like ours are left out. */
export function parseMeasurements(
  fields: ReadonlyMap<string, string>,
  perDoubling = bucketsPerDoubling,
): MeasuredGroup[] {
  const groups = new Map<string, MeasuredGroup>();
  for (const [field, value] of fields) {
    const [, operation, outcome, temperature, measured] = fieldPattern.exec(field) ?? [];
    const by = Number(value);
    if (!operation || !outcome || !measured || !Number.isSafeInteger(by) || by < 0) continue;
    const key = `${operation}|${outcome}|${temperature}`;
    const isCold = temperature === 'c';
    const group = groups.get(key) ?? { operation, outcome, isCold, count: 0, durationUs: 0, buckets: {} };
    groups.set(key, group);
    if (measured === durationField) group.durationUs += by;
    else {
      const bucket = translateBucket(Number(measured), perDoubling);
      group.count += by;
      group.buckets[bucket] = (group.buckets[bucket] ?? 0) + by;
    }
  }
  return [...groups.values()].filter(({ count }) => count > 0);
}
