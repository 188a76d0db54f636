import { type Counter, isBinding, rateLimits, rateWindowsOf, type Usage } from './rate-limits.ts';

interface SeenWindow {
  readonly limit: number;
  /** How much of the limit this instance gives away on its own. */
  readonly share: number;
  readonly lengthMs: number;
  /** As Redis last said. */
  fleet: number;
  /** Counted here instead. */
  own: number;
  /** On the clock of `performance.now()`. */
  endsAtMs: number;
}

// The first seen first. Bounds the memory against callers with many addresses; who is forgotten begins a new window.
const seen = new Map<string, readonly SeenWindow[]>();
const maxCounters = 10_000;

// Of the limit, for each instance: with five of them at work the limit still holds.
const strictShare = 1 / 5;

/** Keeps what Redis says: should it go away, counting goes on from there. */
export function rememberUsage({ counter, windows }: Usage, nowMs: number): void {
  for (const [index, window] of windowsAt(counter, nowMs).entries()) {
    const { left = 0, resetMs = 0 } = windows[index] ?? {};
    window.fleet = window.limit - Math.max(0, left);
    window.endsAtMs = nowMs + resetMs;
  }
}

/** Counts one more request in this process alone, on top of what Redis last said: as the gate's script does, all counters or none. */
export function countInInstance(counters: readonly Counter[], nowMs: number): Usage[] {
  const found = counters.map((counter) => ({ counter, windows: windowsAt(counter, nowMs) }));
  const isRefused = found.some(({ counter, windows }) => isBinding(counter) && windows.some(isFull));
  return found.map(({ counter, windows }) => {
    const counted = isRefused || windows.some(isFull) ? 0 : 1;
    return { counter, windows: windows.map((window) => count(window, counted, nowMs)) };
  });
}

function count(window: SeenWindow, counted: number, nowMs: number) {
  const left = isFull(window) ? -1 : leftOf(window) - counted;
  window.own += counted;
  return { left, resetMs: window.endsAtMs - nowMs };
}

function isFull(window: SeenWindow): boolean {
  return leftOf(window) <= 0;
}

function leftOf({ limit, share, fleet, own }: SeenWindow): number {
  return Math.min(limit - fleet, share) - own;
}

/** The windows of a counter; those that have ended begin anew. */
function windowsAt({ policy, principal }: Counter, nowMs: number): readonly SeenWindow[] {
  const key = `${policy}:${principal}`;
  const known = seen.get(key);
  const windows = known ?? newWindows(policy);
  if (!known) {
    if (seen.size >= maxCounters) seen.delete(seen.keys().next().value ?? '');
    seen.set(key, windows);
  }
  for (const window of windows)
    if (window.endsAtMs <= nowMs) {
      window.fleet = 0;
      window.own = 0;
      window.endsAtMs = nowMs + window.lengthMs;
    }
  return windows;
}

function newWindows(policy: Counter['policy']): SeenWindow[] {
  const isStrict = rateLimits[policy].whenAway === 'strict';
  return rateWindowsOf(policy).map(({ limit, windowSeconds }) => ({
    limit,
    share: isStrict ? Math.max(1, Math.floor(limit * strictShare)) : limit,
    lengthMs: windowSeconds * 1000,
    fleet: 0,
    own: 0,
    endsAtMs: 0,
  }));
}
