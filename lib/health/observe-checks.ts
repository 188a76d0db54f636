import type { Check, CheckResult } from './check.ts';
import { runCheck } from './run-check.ts';

// Younger than the shortest interval at which monitors ask, and the bound of what a flood of calls costs the dependencies.
const cacheMs = 5_000;

interface Shared {
  readonly result: Promise<CheckResult>;
  readonly startedAt: Date;
  readonly startedAtMs: number;
}

let shared = new Map<Check, Shared>();

/** The results of all checks that apply here, of the last five seconds: whoever asks at once shares one look at each. */
export function observeChecks(checks: readonly Check[], now: Date): Promise<CheckResult[]> {
  return Promise.all(checks.filter(applies).map((check) => observe(check, now)));
}

/** The same, looked at now. */
export function observeAfresh(checks: readonly Check[], now: Date): Promise<CheckResult[]> {
  return Promise.all(checks.filter(applies).map((check) => runCheck(check, now)));
}

/** Makes the next use look again. */
export function forgetObservations(): void {
  shared = new Map();
}

function observe(check: Check, now: Date): Promise<CheckResult> {
  const startedAtMs = performance.now();
  const last = shared.get(check);
  if (last && isFresh(last, now, startedAtMs)) return last.result;
  const result = runCheck(check, now);
  shared.set(check, { result, startedAt: now, startedAtMs });
  return result;
}

// On both clocks: the monotonic one may stand still while the instance is frozen, the other one may jump.
function isFresh({ startedAt, startedAtMs }: Shared, now: Date, nowMs: number): boolean {
  return nowMs - startedAtMs < cacheMs && Math.abs(now.getTime() - startedAt.getTime()) < cacheMs;
}

function applies(check: Check): boolean {
  return check.appliesHere?.() ?? true;
}
