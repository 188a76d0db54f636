import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { isForPeople } from '#lib/http/authorize.ts';
import { type RateLimitName, rateLimits } from '#lib/http/rate-limits.ts';
import { getRedis } from '#lib/redis/client.ts';
import { type Answer, call } from '#test/support/call.ts';
import { type CallOptions, lambdaContext, toEvent } from '#test/support/event.ts';
import { startQuickRedisEndpoint } from '#test/support/redis-server.ts';
import { createKey, eventOf, logIn, succeeding } from '#test/support/scenario.ts';
import { createMember } from '#test/support/tenant.ts';

// An endpoint of its own, where nobody else's requests are counted.
const redis = await startQuickRedisEndpoint('limits');
afterAll(() => redis.close());
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });

const { endpoints } = await loadOperations();
type Case = readonly [string, EndpointOperation];
const byId: Case[] = endpoints.map((operation) => [operation.spec.id, operation]);
const where = (condition: (operation: EndpointOperation) => boolean) =>
  byId.filter(([, operation]) => condition(operation));
const gated = where(({ spec }) => spec.rateLimit !== 'instance');
const counted = where(({ spec }) => spec.rateLimit === 'instance');
const closed = where(({ spec }) => spec.access !== 'public');
const forKeys = where(({ spec }) => spec.access !== 'public' && !isForPeople(spec.access));

let addresses = 0;
const newAddress = () => `203.0.${(addresses >> 8) & 255}.${addresses++ & 255}`;

/** The event of the operation, about an account of its own: the limits of accounts are not meant here. */
function ownEvent(operation: EndpointOperation): CallOptions {
  const event = eventOf(operation);
  const ownAccount = () => `${randomUUID()}@`;
  return typeof event.body === 'string'
    ? { ...event, body: event.body.replace(/[\w.]+@/, ownAccount) }
    : event;
}

/** Both headers, with both windows of the policy in that order: what is left of the burst. */
function burstLeft({ headers }: Answer, policy: RateLimitName): number {
  const { burst, sustained } = rateLimits[policy];
  expect(headers['ratelimit-policy']).toContain(
    `"${policy}-burst";q=${burst.limit};w=${burst.windowSeconds}, "${policy}-sustained";q=${sustained.limit};w=${sustained.windowSeconds}`,
  );
  const left = /^"(\w+)-burst";r=(\d+);t=\d+, "\1-sustained";r=\d+;t=\d+/.exec(headers.ratelimit ?? '');
  expect(left?.[1], headers.ratelimit).toBe(policy);
  return Number(left?.[2]);
}

/** Sends the requests one after the other; how much of the burst each of them left. */
async function leftAfter({ handler, spec }: EndpointOperation, requests: readonly CallOptions[]) {
  const left = [];
  for (const request of requests) left.push(burstLeft(await call(handler, request), spec.rateLimit));
  return left;
}

const limitOf = ({ spec }: EndpointOperation) => rateLimits[spec.rateLimit].burst.limit;

describe('the budget of', () => {
  test.each(byId)(
    '%s without a credential is that of the address, or the /64 of an IPv6 one',
    async (_, operation) => {
      const subnet = `2001:db8:${(addresses++).toString(16)}`;
      const sent = [newAddress(), `${subnet}:1::1`, `${subnet}:1::2`, `${subnet}:2::1`];
      const left = await leftAfter(
        operation,
        sent.map((sourceIp) => ({ ...ownEvent(operation), sourceIp })),
      );
      const limit = limitOf(operation);
      expect(left).toEqual([limit - 1, limit - 1, limit - 2, limit - 1]);
    },
  );

  test.each(closed)('%s with a token is that of the user, from every address', async (_, operation) => {
    const [one, other] = [await createMember('viewer'), await createMember('viewer')];
    // A body that is refused: the requests must not end the session.
    const event = { ...ownEvent(operation), headers: { 'content-type': 'text/plain' } };
    const sourceIp = newAddress();
    const left = await leftAfter(operation, [
      { ...event, token: one.token },
      { ...event, token: other.token, sourceIp },
      { ...event, token: one.token, sourceIp },
    ]);
    const limit = limitOf(operation);
    expect(left).toEqual([limit - 1, limit - 1, limit - 2]);
  });

  test.each(forKeys)('%s with an API key is that of the key, from every address', async (_, operation) => {
    const member = await createMember('viewer');
    const [one, other] = [await createKey(member, []), await createKey(member, [])];
    const sourceIp = newAddress();
    const left = await leftAfter(operation, [
      { ...ownEvent(operation), headers: one.headers },
      { ...ownEvent(operation), headers: other.headers, sourceIp },
      { ...ownEvent(operation), headers: one.headers, sourceIp },
    ]);
    const limit = limitOf(operation);
    expect(left).toEqual([limit - 1, limit - 1, limit - 2]);
  });
});

describe('above the limit', () => {
  test.each(gated)(
    '%s answers 429 with Retry-After, never 401, whatever the credential',
    async (_, operation) => {
      const { spec, handler } = operation;
      for (const [window, seconds] of [
        ['burst', 30],
        ['sustained', 1800],
      ] as const) {
        const sourceIp = newAddress();
        const { limit } = rateLimits[spec.rateLimit][window];
        await getRedis().set(`rate:${spec.rateLimit}:${window}:ip:${sourceIp}`, String(limit), {
          px: seconds * 1000,
        });
        for (const headers of [
          {},
          { authorization: 'Bearer not.a.token' },
          { authorization: 'Basic x' },
          { 'x-api-key': 'typo' },
        ]) {
          const event = ownEvent(operation);
          const answer = await call(handler, {
            ...event,
            sourceIp,
            headers: { ...event.headers, ...headers },
          });
          expect([answer.status, answer.body.code]).toEqual([429, 'rate_limited']);
          expect(Math.abs(Number(answer.headers['retry-after']) - seconds)).toBeLessThanOrEqual(5);
          burstLeft(answer, spec.rateLimit);
        }
      }
    },
  );

  test.each(counted)('%s answers 429, counted in the instance', async (_, operation) => {
    const sourceIp = newAddress();
    const request = { ...ownEvent(operation), sourceIp };
    for (let sent = 0; sent < rateLimits.instance.burst.limit; sent++)
      await operation.handler(toEvent(operation.handler, request), lambdaContext());
    const answer = await call(operation.handler, request);
    expect([answer.status, answer.body.code]).toEqual([429, 'rate_limited']);
    expect(burstLeft(answer, 'instance')).toBe(0);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

/**
 * What ends or changes sessions tells Redis before its commit (ADR 0013); reports of health look at Redis, and circuit breakers are kept
 * there.
 */
const roundTrips: Record<string, number> = {
  changePassword: 2,
  endBreakerOverride: 3,
  getDetailedHealth: 4,
  getReadiness: 1,
  listBreakers: 2,
  logout: 2,
  overrideBreaker: 3,
  removeMember: 2,
  resetPassword: 2,
  revokeSession: 2,
  revokeSessions: 2,
  switchOrganization: 2,
  updateMember: 2,
};

test.each(byId)('%s asks Redis once, in the gate, or as often as is listed', async (id, operation) => {
  const request = async () => {
    const member = await createMember('owner', 'operator');
    const prepared = await succeeding(operation, member);
    await logIn(member);
    const before = redis.requests();
    const { status } = await call(operation.handler, prepared);
    return { status, trips: redis.requests() - before };
  };
  // Redis learns the scripts.
  await request();
  const trips = roundTrips[id] ?? (operation.spec.rateLimit === 'instance' ? 0 : 1);
  expect(await request()).toEqual({ status: operation.spec.response.status, trips });
});
