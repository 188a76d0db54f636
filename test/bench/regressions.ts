export type Ratios = Readonly<Record<string, number>>;

// Ratios are taken within one run, so that the machine is not in them; what is left of its noise is below this.
export const tolerance = 0.25;

/** What has become worse than the baseline allows, and what it promises and was not measured, each as a sentence. A smaller ratio is a better one. */
export function findRegressions(measured: Ratios, baseline: Ratios): string[] {
  return Object.entries(baseline).flatMap(([name, before]) => {
    const now = measured[name];
    if (now === undefined || Number.isNaN(now)) return [`${name}: not measured`];
    const change = now / before - 1;
    if (change <= tolerance) return [];
    return [`${name}: ${now.toFixed(2)}, ${(change * 100).toFixed(0)} % worse than ${before.toFixed(2)}`];
  });
}
