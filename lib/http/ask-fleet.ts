import type { ActorSession } from '#lib/auth/actor.ts';
import {
  fieldsPerRequest,
  incrementsLiveMs,
  returnIncrements,
  takeIncrements,
} from '#lib/observability/increments.ts';
import { logger } from '#lib/observability/logger.ts';
import { noteRelease } from '#lib/observability/note-release.ts';
import { gateScript } from '#lib/redis/gate-script.ts';
import { isAway, isRefusal, runScriptUnlessAway } from '#lib/redis/run-script.ts';
import { sendIncrements } from '#lib/redis/send-increments.ts';
import { breakerStateKeys, learnBreakers, usedBreakers } from '#lib/resilience/circuit-breaker-state.ts';
import { closeOnShutdown } from '#lib/runtime/shutdown.ts';
import { sessionKey, takeRemembered } from '#lib/sessions/fleet-state.ts';
import { idleSeconds } from '#lib/sessions/lifetime.ts';
import { countInInstance, rememberUsage } from './count-in-instance.ts';
import { type Counter, isBinding, rateWindowsOf, type Usage } from './rate-limits.ts';

// A Redis that refuses does so with every request.
const refusalLoggedEveryMs = 1_000;
let refusalLoggedAtMs = Number.NEGATIVE_INFINITY;
let isFlushedAtEnd = false;

export interface FleetAnswer {
  readonly usages: readonly Usage[];
  /** Of the session: negative when Redis has not seen it used or was not asked, undefined when it did not answer. */
  readonly generation: number | undefined;
  /** Redis did not count: this instance did. */
  readonly isAlone: boolean;
}

/** Counts a request across all instances and looks up its session, in one round trip. Without Redis the instance counts alone. */
export async function askFleet(
  counters: readonly Counter[],
  session: ActorSession | undefined,
  nowMs: number,
): Promise<FleetAnswer> {
  if (!isFlushedAtEnd) {
    isFlushedAtEnd = true;
    closeOnShutdown('measurements', sendIncrements);
  }
  const remembered = takeRemembered(new Date());
  noteRelease();
  const breakers = usedBreakers();
  const increments = takeIncrements(fieldsPerRequest);
  const keys = [
    ...counters.flatMap(keysOf),
    ...(session ? [sessionKey(session.id)] : []),
    ...remembered.map(({ id }) => sessionKey(id)),
    ...breakers.flatMap(({ name }) => breakerStateKeys(name)),
    ...increments.keys(),
  ];
  const args = [
    counters.length,
    ...counters.flatMap(argumentsOf),
    ...(session ? [session.generation, idleSeconds * 1000] : [0]),
    remembered.length,
    ...remembered.flatMap(({ generation, livesMs }) => [generation, livesMs]),
    breakers.length,
    ...(increments.size > 0 ? [increments.size, incrementsLiveMs] : [0]),
    ...[...increments.values()].flatMap((fields) => [fields.size, ...[...fields].flat()]),
  ];
  try {
    const reply = await runScriptUnlessAway<number[]>(gateScript, keys, args.map(String));
    const next = reply[Symbol.iterator]();
    const usages = counters.map((counter) => {
      const windows = rateWindowsOf(counter.policy).map(() => ({
        left: Number(next.next().value),
        resetMs: Number(next.next().value),
      }));
      rememberUsage({ counter, windows }, nowMs);
      return { counter, windows };
    });
    const generation = session ? Number(next.next().value) : -1;
    learnBreakers(breakers, [...next]);
    return { usages, generation, isAlone: false };
  } catch (error) {
    // Perhaps they were counted: that may happen to a measurement, but it must not be lost with every hiccup of Redis.
    returnIncrements(increments);
    if (isRefusal(error)) logRefusal(error as Error, nowMs);
    else if (!isAway(error)) throw error;
    return { usages: countInInstance(counters, nowMs), generation: undefined, isAlone: true };
  }
}

function keysOf({ policy, principal }: Counter): string[] {
  return [`rate:${policy}:burst:${principal}`, `rate:${policy}:sustained:${principal}`];
}

function argumentsOf(counter: Counter): number[] {
  const windows = rateWindowsOf(counter.policy);
  return [
    isBinding(counter) ? 1 : 0,
    windows.length,
    ...windows.flatMap(({ limit, windowSeconds }) => [limit, windowSeconds * 1000]),
  ];
}

function logRefusal(error: Error, nowMs: number): void {
  if (nowMs - refusalLoggedAtMs < refusalLoggedEveryMs) return;
  refusalLoggedAtMs = nowMs;
  logger.error('Redis refuses the gate: this instance counts alone', { error });
}
