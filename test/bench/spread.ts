export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The median, and the quartiles around it. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Each round of ours over that of another, measured one right after the other: what else the machine did then is in both. */
export function compareRounds(ours: readonly number[], others: readonly number[]): Spread {
  return spreadOf(ours.map((one, round) => one / (others[round] ?? Number.NaN)));
}

/** What can be said of a ratio that is better when it is smaller: nothing, where a quarter of the rounds says the opposite. */
export function verdictOf({ low, high }: Spread): 'leads' | 'is level' | 'does not lead' {
  if (high < 1) return 'leads';
  return low > 1 ? 'does not lead' : 'is level';
}

/** The same in another order each time, so that none is always behind the same one. */
export function shuffle<T>(values: readonly T[]): T[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
