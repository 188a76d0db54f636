import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plotBars, plotLines } from '#test/bench/plot.ts';
import { findRegressions } from '#test/bench/regressions.ts';

const folder = join(import.meta.dirname, '../bench');

describe('npm run bench -- --check', () => {
  const baseline = { 'cpu: read': 1.2, 'cold start': 0.8 };

  test('passes as long as no ratio is more than a quarter worse', () => {
    expect(findRegressions({ 'cpu: read': 1.5, 'cold start': 0.1, another: 9 }, baseline)).toEqual([]);
  });

  test('names every ratio that is, and says by how much', () => {
    expect(findRegressions({ 'cpu: read': 1.51, 'cold start': 0.8 }, baseline)).toEqual([
      'cpu: read: 1.51, 26 % worse than 1.20',
    ]);
  });

  test('takes what was not measured for worse', () => {
    expect(findRegressions({ 'cpu: read': Number.NaN }, baseline)).toEqual([
      'cpu: read: not measured',
      'cold start: not measured',
    ]);
  });

  test('has a baseline of ratios, never of times', () => {
    const recorded = Object.entries(JSON.parse(readFileSync(join(folder, 'baseline.json'), 'utf8')));
    expect(recorded.length).toBeGreaterThan(5);
    expect(recorded.filter(([, ratio]) => typeof ratio !== 'number')).toEqual([]);
    expect(recorded.filter(([name]) => /\b(ms|us|seconds?)\b/.test(name))).toEqual([]);
  });
});

describe('the report', () => {
  test('draws what was measured, in words that XML can hold', () => {
    const bars = plotBars('a < b', [{ label: 'R&D', value: 3, low: 1, high: 4, isOurs: true }]);
    expect(bars).toContain('a &lt; b');
    expect(bars).toContain('R&amp;D');
    const lines = plotLines('t', 'rows', [
      {
        label: 'list',
        points: [
          [1_000, 0.2],
          [1_000_000, 0.3],
        ],
      },
    ]);
    expect(lines).not.toContain('NaN');
  });

  test('has a section for each benchmark that it names', () => {
    const text = readFileSync(join(folder, '../../docs/benchmarks/README.md'), 'utf8');
    const known = readdirSync(folder).flatMap((file) => /^(.*)\.bench\.ts$/.exec(file)?.[1] ?? []);
    const named = [...text.matchAll(/npm run bench -- ([a-z][\w-]*)`/g)].map(([, name]) => name);
    expect(named.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });
});
