import { beforeEach, describe, expect, test, vi } from 'vitest';
import { handler as endBreakerOverride } from '#functions/monitoring/end-breaker-override.ts';
import { handler as listBreakers } from '#functions/monitoring/list-breakers.ts';
import { handler as overrideBreaker } from '#functions/monitoring/override-breaker.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { breakerNames } from '#lib/outbound/upstreams.ts';
import { getRedis } from '#lib/redis/client.ts';
import { RedisAway } from '#lib/redis/rest-requester.ts';
import { CircuitBreaker } from '#lib/resilience/circuit-breaker.ts';
import { BreakerState } from '#lib/resilience/circuit-breaker-state.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createKey } from '#test/support/scenario.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

// An issuer of this test's own, so that no other test goes by its breaker.
const issuer = 'https://breakers.example/';
const name = 'token-issuer-breakers.example';
const params = { name };
const body = { state: 'open', expiresInSeconds: 60, reason: 'under maintenance' };
let operator: Member;
beforeEach(async () => {
  const config = getConfig();
  const others = config.AUTH_EXTERNAL_ISSUERS.filter((other) => other.issuer !== issuer);
  Object.assign(config, {
    AUTH_EXTERNAL_ISSUERS: [...others, { issuer, jwksUrl: `${issuer}keys`, audience: 'x' }],
  });
  await getRedis().del(...['open', 'trips', 'override'].map((key) => `breaker:${name}:${key}`));
  operator = await createMember('viewer', 'operator');
});
const put = (changed: object = {}) =>
  call(overrideBreaker, { token: operator.token, params, body: { ...body, ...changed } });
const find = async () => {
  const { body: list } = await call(listBreakers, { token: operator.token });
  return list.items.find((item: { name: string }) => item.name === name);
};
const events = () => sql`
  select action, actor_id, changes from audit_events
  where organization_id = ${operator.actor.organizationId} order by created_at, id`;
/** What an instance that knows nothing yet makes of a call. */
const tryCall = () =>
  new CircuitBreaker({ minimumCalls: 4, probeMs: 1_000 }, new BreakerState(name))
    .run(
      async () => 'called',
      () => 'unknown',
    )
    .catch(({ code }) => code);

describe('succeeds', () => {
  test('lists the breaker of every service that is called', async () => {
    const { body: list } = await call(listBreakers, { token: operator.token });
    expect(list.items.map((item: { name: string }) => item.name)).toEqual(breakerNames());
    expect(list.items[0].name).toBe('ses');
    expect(await find()).toEqual({ name, state: 'closed', trips: 0, probeInSeconds: null, override: null });
  });

  test('shows one that is open, and one that waits for its probe', async () => {
    await getRedis().set(`breaker:${name}:trips`, '2');
    await getRedis().set(`breaker:${name}:open`, '1', { px: 30_000 });
    expect(await find()).toMatchObject({ state: 'open', trips: 2, probeInSeconds: 30 });
    await getRedis().del(`breaker:${name}:open`);
    expect(await find()).toMatchObject({ state: 'half_open', trips: 2, probeInSeconds: 0 });
  });

  test('holds a breaker open until the override is ended', async () => {
    const { status, body: breaker } = await put();
    expect([status, breaker]).toEqual([
      200,
      {
        name,
        state: 'open',
        trips: 0,
        probeInSeconds: null,
        override: { state: 'open', expiresInSeconds: 60 },
      },
    ]);
    expect(await tryCall()).toBe('unavailable');
    expect((await call(endBreakerOverride, { token: operator.token, params })).status).toBe(204);
    expect(await tryCall()).toBe('called');
    expect(await find()).toMatchObject({ state: 'closed', override: null });
  });

  test('holds a breaker closed that has opened, which knows again afterwards that it had', async () => {
    await getRedis().set(`breaker:${name}:trips`, '1');
    await getRedis().set(`breaker:${name}:open`, '1', { px: 30_000 });
    await put({ state: 'closed' });
    expect(await tryCall()).toBe('called');
    await call(endBreakerOverride, { token: operator.token, params });
    expect(await tryCall()).toBe('unavailable');
  });

  test('an override ends by itself, and is on record with its reason', async () => {
    await put({ expiresInSeconds: 7 });
    const remainingMs = await getRedis().pttl(`breaker:${name}:override`);
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(7_000);
    await call(endBreakerOverride, { token: operator.token, params });
    const { userId: actor_id } = operator;
    expect(await events()).toMatchObject([
      {
        action: 'breaker.override',
        actor_id,
        changes: {
          name: { after: name },
          override: { before: null, after: 'open' },
          reason: { after: 'under maintenance' },
        },
      },
      { action: 'breaker.end_override', actor_id, changes: { override: { before: 'open', after: null } } },
    ]);
  });
});

describe('when one of both stores fails', () => {
  const isHeld = async () => (await find()).override !== null;

  test('no override holds, nor ends, whose audit event was not committed', async () => {
    await sql.unsafe(`
      create function lose_commit() returns trigger language plpgsql as
        $$ begin raise exception 'the disk is full' using errcode = '53100'; end $$;
      create constraint trigger lose_commit after insert on audit_events deferrable initially deferred
        for each row when (new.action like 'breaker.%') execute function lose_commit()`);
    try {
      expect((await put()).status).toBe(503);
      expect(await isHeld()).toBe(false);
      await getRedis().set(`breaker:${name}:override`, '1', { px: 30_000 });
      expect((await call(endBreakerOverride, { token: operator.token, params })).status).toBe(503);
      expect(await isHeld()).toBe(true);
      expect(await events()).toEqual([]);
      expect(takeErrorLogs()).toHaveLength(2);
    } finally {
      await sql`drop function lose_commit cascade`;
    }
  });

  test('an override of which the fleet was not told fails, and can be sent again', async () => {
    const redis = getRedis();
    const evaluate = redis.evalsha.bind(redis);
    const evalsha = vi.spyOn(redis, 'evalsha').mockImplementation((sha1, keys, args) => {
      const isTelling = keys.includes(`breaker:${name}:override`) && args.length === 2;
      return isTelling ? Promise.reject(new RedisAway('on purpose')) : evaluate(sha1, keys, args);
    });
    expect((await put()).status).toBe(503);
    evalsha.mockRestore();
    expect(takeErrorLogs()).toHaveLength(1);
    expect([await isHeld(), (await events()).length]).toEqual([false, 1]);
    expect((await put()).status).toBe(200);
    expect([await isHeld(), (await events()).length]).toEqual([true, 2]);
  });
});

describe('rejects', () => {
  test('a breaker that nobody declared', async () => {
    const request = { token: operator.token, params: { name: 'made-up' } };
    expect((await call(overrideBreaker, { ...request, body })).body.code).toBe('not_found');
    expect((await call(endBreakerOverride, request)).body.code).toBe('not_found');
    expect(await events()).toEqual([]);
  });

  test.each([
    [{ state: 'half_open' }, '/state'],
    [{ expiresInSeconds: 0 }, '/expiresInSeconds'],
    [{ expiresInSeconds: 86_401 }, '/expiresInSeconds'],
    [{ reason: ' ' }, '/reason'],
  ])('%j', async (changed, pointer) => {
    const { status, body: problem } = await put(changed);
    expect([status, problem.errors[0].pointer]).toEqual([422, pointer]);
  });
});

describe('protects', () => {
  test('against owners, and against keys that may only look', async () => {
    const { token } = await createMember('owner');
    expect((await call(listBreakers, { token })).status).toBe(403);
    expect((await call(overrideBreaker, { token, params, body })).status).toBe(403);
    const { headers } = await createKey(await createMember('owner', 'operator'), ['ops:read']);
    expect((await call(listBreakers, { headers })).status).toBe(200);
    expect((await call(overrideBreaker, { headers, params, body })).status).toBe(403);
    expect(await find()).toMatchObject({ override: null });
  });
});
