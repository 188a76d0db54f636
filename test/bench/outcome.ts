import { appendFileSync } from 'node:fs';

/** A figure of one thing beside others, in one unit; `low` and `high` are the spread. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly isOurs?: boolean;
}

export interface Line {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What `npm run bench` gathers from the benchmarks beside the tables that they print. */
export type Outcome =
  | { readonly kind: 'ratio'; readonly name: string; readonly value: number }
  | { readonly kind: 'broken'; readonly promise: string }
  | { readonly kind: 'bars'; readonly file: string; readonly title: string; readonly bars: readonly Bar[] }
  | {
      readonly kind: 'lines';
      readonly file: string;
      readonly title: string;
      readonly xTitle: string;
      readonly lines: readonly Line[];
    };

/** Hands an outcome to `npm run bench`; a benchmark that was started alone only prints. */
export function note(outcome: Outcome): void {
  const { BENCH_OUTCOMES: file } = process.env;
  if (file) appendFileSync(file, `${JSON.stringify(outcome)}\n`);
}

/** A ratio that is better when it is smaller, for `npm run bench -- --check`. */
export function noteRatio(name: string, value: number): void {
  // Missing, what could not be divided is red.
  if (Number.isFinite(value)) note({ kind: 'ratio', name, value });
}

/** Ends the benchmark with 1, and stands above its tables in the report. */
export function breakPromise(promise: string): void {
  // Not among what is printed, at whose head the report says so.
  console.error(`Broken: ${promise}\n`);
  note({ kind: 'broken', promise });
  process.exitCode = 1;
}

/** Whether the whole set has to fit into a quarter of an hour; by its name a benchmark runs in full. */
export const isShort = process.env.BENCH_SHORT === 'true';
