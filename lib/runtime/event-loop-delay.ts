import { createHistogram } from 'node:perf_hooks';

// Shorter delays nobody feels; a tick costs some 3 us, so 0.02 % of a CPU.
const tickMs = 20;

const delays = createHistogram();
let lastTickMs = 0;
let isRunning = false;
let isTicking = false;

/**
 * Begins to watch how late the event loop comes. Not by `monitorEventLoopDelay`: it takes a frozen process for a busy one, and to
 * switch it off between invocations costs 60 us each time.
 */
export function startDelayWatch(): void {
  isRunning = true;
  lastTickMs = performance.now();
  if (isTicking) return;
  isTicking = true;
  setInterval(tick, tickMs).unref();
}

/** Ends the watch until the next invocation. */
export function pauseDelayWatch(): void {
  recordSince(performance.now());
  isRunning = false;
}

function tick(): void {
  if (!isRunning) return;
  const nowMs = performance.now();
  recordSince(nowMs);
  lastTickMs = nowMs;
}

function recordSince(nowMs: number): void {
  const delayMs = nowMs - lastTickMs - tickMs;
  if (delayMs >= 0) delays.record(Math.max(1, Math.round(delayMs * 1e6)));
}

/** How late timers came while invocations ran, since the process began. */
export function getEventLoopDelay(): { p50Ms: number; p99Ms: number; maxMs: number } {
  if (delays.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
  const toMs = (nanoseconds: number) => Math.round(nanoseconds / 1e4) / 100;
  return {
    p50Ms: toMs(delays.percentile(50)),
    p99Ms: toMs(delays.percentile(99)),
    maxMs: toMs(delays.max),
  };
}
