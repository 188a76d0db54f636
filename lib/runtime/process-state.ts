import { getEventLoopDelay, pauseDelayWatch, startDelayWatch } from './event-loop-delay.ts';
import { getMemory, watchMemory } from './memory-watch.ts';

export interface ProcessState {
  /** `starting` until the first invocation has begun, `stopping` once the process has been told to end. */
  readonly phase: 'starting' | 'ready' | 'stopping';
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  /** From the start of the process until its handlers were defined. */
  readonly initMs: number;
  /** Requests and runs of jobs that have begun, the one that asks included. */
  readonly invocations: number;
  readonly memory: ReturnType<typeof getMemory>;
  /** CPU time used since the process began. */
  readonly cpu: { readonly userMs: number; readonly systemMs: number };
  /** How late timers came while invocations ran. */
  readonly eventLoopDelay: ReturnType<typeof getEventLoopDelay>;
}

let phase: ProcessState['phase'] = 'starting';
let initMs = 0;
let invocations = 0;
let running = 0;

/** Notes that a handler is defined; the last one before the first invocation ends the initialization. */
export function markDefined(): void {
  if (phase === 'starting') initMs = performance.now();
}

/** Notes that the process has been told to end. */
export function markStopping(): void {
  phase = 'stopping';
}

/** Notes that an invocation begins; each ends with `endInvocation`. */
export function beginInvocation(): void {
  if (phase === 'starting') phase = 'ready';
  invocations++;
  if (running++ === 0) startDelayWatch();
}

/** Notes that an invocation has ended, and looks whether memory runs out. */
export function endInvocation(): void {
  if (--running === 0) pauseDelayWatch();
  watchMemory(performance.now());
}

/** What this process is and has used so far. */
export function getProcessState(): ProcessState {
  const { user, system } = process.cpuUsage();
  return {
    phase,
    startedAt: new Date(performance.timeOrigin).toISOString(),
    uptimeSeconds: Math.round(performance.now() / 1000),
    initMs: Math.round(initMs),
    invocations,
    memory: getMemory(),
    cpu: { userMs: Math.round(user / 1000), systemMs: Math.round(system / 1000) },
    eventLoopDelay: getEventLoopDelay(),
  };
}
