import { createHash } from 'node:crypto';
import type { ActorSession } from '#lib/auth/actor.ts';
import { incrementsLiveMs, returnIncrements, takeIncrements } from '#lib/observability/increments.ts';
import { logger } from '#lib/observability/logger.ts';
import { gateScript } from '#lib/redis/gate-script.ts';
import { isAway, isRefusal, runScript } from '#lib/redis/run-script.ts';
import { breakerStateKeys, learnBreakers, usedBreakers } from '#lib/resilience/circuit-breaker-state.ts';
import { sessionKey, takeRemembered } from '#lib/sessions/fleet-state.ts';
import { idleSeconds } from '#lib/sessions/lifetime.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import type { HttpRequest } from './http-request.ts';
import type { AuthenticationState } from './identify.ts';
import { countInInstance } from './instance-limit.ts';
import type { Middleware } from './middleware.ts';
import { addressOf, applyRateLimit, principalOf } from './rate-limit.ts';
import { type RateLimitName, rateLimits } from './rate-limits.ts';

interface Counter {
  readonly policy: RateLimitName;
  readonly key: string;
  readonly windowMs: number;
}

/** The one Redis round trip of a request, across all instances: counts it against its limits and looks up its session. */
export function gate(
  policy: Exclude<RateLimitName, 'instance'>,
  accountLimit?: EndpointSpec['accountLimit'],
): Middleware {
  return {
    async before({ event: request, internal }) {
      const counters = [counterOf(policy, principalOf(request))];
      const account = accountLimit && accountOf(request.body, accountLimit.field);
      if (account) counters.push(counterOf(accountLimit.policy, account));
      const state = internal as AuthenticationState;
      if (state.isUnverified) counters.push(counterOf('address', addressOf(request)));
      const session = request.actor?.type === 'user' ? request.actor.session : undefined;
      const { counts, generation } = await askFleet(counters, session, request.startedAt);
      state.generation = generation;
      applyLimits(request, counters, counts);
    },
  };
}

function counterOf(policy: RateLimitName, principal: string): Counter {
  return { policy, key: `rate:${policy}:${principal}`, windowMs: rateLimits[policy].windowSeconds * 1000 };
}

/** The account a body names, as a digest: Redis keeps no addresses of people. */
function accountOf(body: unknown, field: string): string | undefined {
  const name = (body as Record<string, unknown> | null)?.[field];
  return typeof name === 'string'
    ? createHash('sha256').update(name.toLowerCase()).digest('base64url')
    : undefined;
}

function applyLimits(
  request: HttpRequest,
  counters: readonly Counter[],
  counts: readonly { count: number; remainingMs: number }[],
): void {
  // Backwards, so that the headers speak of the route's own limit.
  for (const [index, { policy }] of [...counters.entries()].reverse())
    applyRateLimit(request, policy, counts[index] as { count: number; remainingMs: number });
}

/** How a section of the script begins: 0 when it is empty. */
function section(length: number, livesMs: number): number[] {
  return length > 0 ? [length, livesMs] : [0];
}

/** Without Redis the instance counts alone: the limit loosens to once per instance, but never goes away. */
async function askFleet(counters: readonly Counter[], session: ActorSession | undefined, nowMs: number) {
  const remembered = takeRemembered();
  const breakers = usedBreakers();
  const increments = takeIncrements();
  const keys = [
    ...counters.map(({ key }) => key),
    ...(session ? [sessionKey(session.id)] : []),
    ...remembered.map(({ id }) => sessionKey(id)),
    ...breakers.flatMap(({ name }) => breakerStateKeys(name)),
    ...increments.keys(),
  ];
  const args = [
    counters.length,
    ...counters.map(({ windowMs }) => windowMs),
    ...(session ? [session.generation, idleSeconds * 1000] : [0]),
    ...section(remembered.length, idleSeconds * 1000),
    ...remembered.map(({ generation }) => generation),
    breakers.length,
    ...section(increments.size, incrementsLiveMs),
    ...[...increments.values()].flatMap((fields) => [fields.size, ...[...fields].flat()]),
  ];
  try {
    const reply = await runScript<number[]>(gateScript, keys, args.map(String));
    const counts = counters.map((_, index) => ({
      count: Number(reply[index * 2]),
      remainingMs: Number(reply[index * 2 + 1]),
    }));
    learnBreakers(breakers, reply.slice(counters.length * 2 + (session ? 1 : 0)));
    return { counts, generation: Number(reply[counters.length * 2] ?? -1) };
  } catch (error) {
    // Perhaps they were counted: that may happen to a measurement, but it must not be lost with every hiccup of Redis.
    returnIncrements(increments);
    if (isAway(error))
      logger.warn('Redis does not answer: this instance counts alone', { reason: `${error}` });
    else if (isRefusal(error))
      logger.error('Redis refuses the gate: this instance counts alone', { error: error as Error });
    else throw error;
    return {
      counts: counters.map(({ key, windowMs }) => countInInstance(key, windowMs, nowMs)),
      generation: undefined,
    };
  }
}
