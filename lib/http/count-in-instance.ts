import { type Counter, isBinding, rateLimits, rateWindowsOf, type Usage } from './rate-limits.ts';

interface SeenWindow {
  /** As Redis last said. */
  fleet: number;
  /** Counted here instead. */
  own: number;
  /** On the clock of `performance.now()`. */
  endsAtMs: number;
}

// The least recently used first. Bounds the memory against callers with many addresses.
const seen = new Map<string, SeenWindow[]>();
const maxCounters = 10_000;

// Of the limit, for each instance: with five of them at work the limit still holds.
const strictShare = 1 / 5;

/** Keeps what Redis says: should it go away, counting goes on from there. */
export function rememberUsage({ counter, windows }: Usage, nowMs: number): void {
  const limits = rateWindowsOf(counter.policy);
  for (const [index, window] of windowsAt(counter, nowMs).entries()) {
    const { left = 0, resetMs = 0 } = windows[index] ?? {};
    window.fleet = (limits[index]?.limit ?? 0) - Math.max(0, left);
    window.endsAtMs = nowMs + resetMs;
  }
}

/** Counts one more request in this process alone, on top of what Redis last said: as the gate's script does, all counters or none. */
export function countInInstance(counters: readonly Counter[], nowMs: number): Usage[] {
  const found = counters.map((counter) => ({ counter, ...remainderOf(counter, nowMs) }));
  const isRefused = found.some(({ counter, isFull }) => isFull && isBinding(counter));
  return found.map(({ counter, windows, left, isFull }) => {
    const counted = isRefused || isFull ? 0 : 1;
    const after = windows.map((window, index) => {
      window.own += counted;
      const before = left[index] ?? 0;
      return { left: before <= 0 ? -1 : before - counted, resetMs: window.endsAtMs - nowMs };
    });
    return { counter, windows: after };
  });
}

function remainderOf(counter: Counter, nowMs: number) {
  const windows = windowsAt(counter, nowMs);
  const isStrict = rateLimits[counter.policy].whenAway === 'strict';
  const left = rateWindowsOf(counter.policy).map(({ limit }, index) => {
    const { fleet = 0, own = 0 } = windows[index] ?? {};
    const share = isStrict ? Math.max(1, Math.floor(limit * strictShare)) : limit;
    return Math.min(limit - fleet, share) - own;
  });
  return { windows, left, isFull: left.some((count) => count <= 0) };
}

/** The windows of a counter; those that have ended begin anew. */
function windowsAt({ policy, principal }: Counter, nowMs: number): SeenWindow[] {
  const key = `${policy}:${principal}`;
  const limits = rateWindowsOf(policy);
  const windows = seen.get(key) ?? limits.map(() => ({ fleet: 0, own: 0, endsAtMs: 0 }));
  seen.delete(key);
  seen.set(key, windows);
  if (seen.size > maxCounters) seen.delete(seen.keys().next().value ?? '');
  for (const [index, window] of windows.entries())
    if (window.endsAtMs <= nowMs) {
      window.fleet = 0;
      window.own = 0;
      window.endsAtMs = nowMs + (limits[index]?.windowSeconds ?? 0) * 1000;
    }
  return windows;
}
