import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketOf,
  countOf,
  countUpTo,
  type Histogram,
  mergeHistograms,
  middleOf,
  quantileOf,
  translateBucket,
} from '#lib/observability/histogram.ts';

const histogramOf = (values: readonly number[]): Histogram => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1);
  return counts;
};

const exactQuantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * q) - 1)] ?? Number.NaN;

const errorOf = (histogram: Histogram, values: readonly number[], q: number) =>
  Math.abs((quantileOf(histogram, q) ?? Number.NaN) / exactQuantile(values, q) - 1);

/** Uniform numbers that are the same in every run (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function lognormal(random: () => number, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

const duration = fc.double({ min: 0.001, max: 900_000, noNaN: true });
const quantiles = [0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999];

describe('a histogram', () => {
  test('stands for each value with one at most 2.5 % away', () => {
    fc.assert(
      fc.property(duration, (value) => {
        expect(Math.abs(middleOf(bucketOf(value)) / value - 1)).toBeLessThanOrEqual(0.025);
      }),
    );
  });

  test('gives every quantile of any values within 2.5 %', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(...quantiles),
        (values, q) => {
          expect(errorOf(histogramOf(values), values, q)).toBeLessThanOrEqual(0.025);
        },
      ),
    );
  });

  test.each<[string, (random: () => number) => number]>([
    ['lognormal', (random) => lognormal(random, 12, 1.1)],
    ['bimodal', (random) => (random() < 0.93 ? lognormal(random, 6, 0.3) : lognormal(random, 900, 0.2))],
  ])('gives the quantiles of 100,000 %s durations within 5 %', (_, draw) => {
    const random = uniform(7);
    const values = Array.from({ length: 100_000 }, () => draw(random));
    for (const q of quantiles) expect(errorOf(histogramOf(values), values, q), `q=${q}`).toBeLessThan(0.05);
  });

  test('merged is the histogram of the union, in any order and grouping', () => {
    const values = fc.array(duration, { maxLength: 50 });
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)];
        const sorted = (histogram: Histogram) => [...histogram].sort(([m], [n]) => m - n);
        const union = sorted(histogramOf([...a, ...b, ...c]));
        expect(sorted(mergeHistograms([x, y, z]))).toEqual(union);
        expect(sorted(mergeHistograms([mergeHistograms([z, x]), y]))).toEqual(union);
        expect(countOf(mergeHistograms([x, y]))).toBe(a.length + b.length);
      }),
    );
  });

  test('of two instances with nothing in common gives the p99 of the union, not an average', () => {
    const random = uniform(1);
    const fast = Array.from({ length: 9_000 }, () => 5 + random());
    const slow = Array.from({ length: 1_000 }, () => 1_000 + 500 * random());
    const merged = mergeHistograms([histogramOf(fast), histogramOf(slow)]);
    expect(errorOf(merged, [...fast, ...slow], 0.99)).toBeLessThan(0.05);
    const averaged =
      ((quantileOf(histogramOf(fast), 0.99) ?? 0) + (quantileOf(histogramOf(slow), 0.99) ?? 0)) / 2;
    expect(averaged).toBeLessThan(800);
    expect(quantileOf(merged, 0.99)).toBeGreaterThan(1_300);
  });

  test('of 20 instances gives the p99 of all their requests within 5 %', () => {
    const random = uniform(20);
    const instances = Array.from({ length: 20 }, (_, instance) =>
      Array.from({ length: 50 + instance * 40 }, () => lognormal(random, 3 + instance * 5, 0.6)),
    );
    const merged = mergeHistograms(instances.map(histogramOf));
    for (const q of [0.5, 0.9, 0.99]) expect(errorOf(merged, instances.flat(), q)).toBeLessThan(0.05);
  });

  test('counts exactly how many values are at most a power of two', () => {
    const limits = [-2, 0, 2, 4, 6, 7, 8, 9, 10, 13].map((exponent) => 2 ** exponent);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(duration, fc.constantFrom(...limits))),
        fc.constantFrom(...limits),
        (values, limit) => {
          expect(countUpTo(histogramOf(values), limit)).toBe(values.filter((value) => value <= limit).length);
        },
      ),
    );
  });

  test('has a bucket for what no clock should say', () => {
    const odd = [0, -1, Number.NaN, 1e-9, Number.POSITIVE_INFINITY, 1e12].map(bucketOf);
    expect(odd).toEqual([-140, -140, -140, -140, 280, 280]);
    expect(quantileOf(new Map(), 0.99)).toBeUndefined();
  });

  test('takes over the buckets of a release that had others', () => {
    for (const value of [0.4, 3, 77, 1_234, 60_000]) {
      const theirs = Math.ceil(Math.log2(value) * 5);
      // Half of a bucket of theirs, and of ours.
      expect(Math.abs(middleOf(translateBucket(theirs, 5)) / value - 1)).toBeLessThan(0.1);
      expect(translateBucket(bucketOf(value), 14)).toBe(bucketOf(value));
    }
  });
});
