import { afterAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { handler as forceKeyRotation } from '#functions/auth/force-key-rotation.ts';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as getJwks } from '#functions/auth/get-jwks.ts';
import { handler as rotateSigningKeysJob } from '#functions/jobs/rotate-signing-keys.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { forgetKeyRing } from '#lib/auth/key-ring.ts';
import { rotateSigningKeys } from '#lib/auth/rotate-signing-keys.ts';
import { call } from '#test/support/call.ts';
import { runJob } from '#test/support/run-job.ts';
import { contextOf, createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

// Each minute that the clock jumps looks like a freeze, after which every connection is made anew: a few are enough.
process.env.DATABASE_POOL_MAX = '2';

const minuteMs = 60_000;
const job = { type: 'system', jobId: 'rotateSigningKeys' } as const;
const inTwelveHours = () => new Date(Date.now() + 12 * 60 * minuteMs);

// Another instance of the service: the same database, its own copy of the keys.
vi.resetModules();
const other = {
  ...(await import('#functions/auth/get-current-user.ts')),
  ...(await import('#lib/auth/issue-access-token.ts')),
  ...(await import('#lib/db/client.ts')),
};
const instances = [
  { handler: getCurrentUser, issueAccessToken },
  { handler: other.handler, issueAccessToken: other.issueAccessToken },
];

beforeEach(async () => {
  vi.useRealTimers();
  await sql`delete from signing_keys`;
  forgetKeyRing();
});
afterAll(async () => {
  vi.useRealTimers();
  await other.closePool(1);
});

const states = async () =>
  (await sql`select state from signing_keys order by created_at, state_since`).map(({ state }) => state);

// Three and a half hours with the steps of a clock, in minutes; the job comes hourly.
const steps = inject('isThorough') ? { minutes: 1, requests: 48 } : { minutes: 5, requests: 24 };
const total = (210 / steps.minutes) * steps.requests;

test(`${total} requests across a rotation, signed and verified by instances that learn of it late: no failure`, {
  timeout: 300_000,
}, async () => {
  const tenant = await createTenant();
  const members = await Promise.all(Array.from({ length: 30 }, () => tenant.addMember()));
  const start = Date.now();
  vi.useFakeTimers({ toFake: ['Date'] });
  await sql`update signing_keys set state_since = ${new Date(start - 30 * 24 * 60 * minuteMs + 30 * minuteMs)}`;
  // Both have their connections before the first eight requests come at once.
  for (const { handler, issueAccessToken: issue } of instances) {
    const { accessToken: token } = await issue((members[0] as Member).actor, new Date(), inTwelveHours());
    await call(handler, { token });
  }
  const tokens: { token: string; expiresAt: number }[] = [];
  const kids = new Set<string>();
  const failures: unknown[] = [];
  let requests = 0;
  for (let minute = 0; minute < 210; minute += steps.minutes) {
    vi.setSystemTime(start + minute * minuteMs);
    // As refreshes do; else PostgreSQL, which is asked when Redis is late, finds the session idle after half an hour.
    if (minute % 20 === 0)
      await sql`update sessions set last_used_at = ${new Date()} where organization_id = ${tenant.organizationId}`;
    if (minute % 60 === 0) await rotateSigningKeys(contextOf(job as never, new Date()));
    const issuer = instances[tokens.length % 2];
    const member = members[tokens.length % members.length] as Member;
    const { accessToken } = (await issuer?.issueAccessToken(member.actor, new Date(), inTwelveHours())) ?? {};
    tokens.push({ token: String(accessToken), expiresAt: Date.now() + 15 * minuteMs });
    kids.add(JSON.parse(Buffer.from(String(accessToken).split('.')[0] ?? '', 'base64url').toString()).kid);
    const valid = tokens.filter(({ expiresAt }) => expiresAt > Date.now());
    for (let count = 0; count < steps.requests; count += 8) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => {
          const { token } = valid[(count + index) % valid.length] ?? { token: '' };
          return call(instances[(count + index) % 2]?.handler ?? getCurrentUser, { token });
        }),
      );
      requests += answers.length;
      failures.push(...answers.filter(({ status }) => status !== 200).map(({ body }) => ({ minute, body })));
    }
  }
  expect(failures).toEqual([]);
  expect(requests).toBe(total);
  expect(kids.size).toBe(2);
  expect(await states()).toEqual(['revoked', 'current']);
  vi.useRealTimers();
});

describe('a key', () => {
  const at = (hours: number) => contextOf(job as never, new Date(Date.now() + hours * 60 * minuteMs));

  test('is pending for an hour, current for thirty days, retiring for an hour, then revoked without its private half', async () => {
    await call(getJwks);
    expect(await states()).toEqual(['current']);
    const days = 24 * 30;
    const seen = [];
    for (const hours of [1, days - 1, days, days + 0.5, days + 1, days + 1.5, days + 2, days + 3]) {
      await rotateSigningKeys(at(hours));
      seen.push((await states()).join());
    }
    expect(seen).toEqual([
      'current',
      'current',
      'current,pending',
      'current,pending',
      'retiring,current',
      'retiring,current',
      'revoked,current',
      'revoked,current',
    ]);
    const [revoked] = await sql`select sealed_private_jwk from signing_keys where state = 'revoked'`;
    expect(revoked?.sealed_private_jwk).toBeNull();
  });

  test('that a run of yesterday retires, late, is not revoked by the next run while its tokens live', async () => {
    const { token } = await createMember('viewer');
    await rotateSigningKeys(at(0));
    await sql`update signing_keys set state_since = now() - interval '40 days'`;
    await rotateSigningKeys(at(-48));
    await runJob(rotateSigningKeysJob, new Date(Date.now() - 23 * 60 * minuteMs));
    await runJob(rotateSigningKeysJob);
    forgetKeyRing();
    expect((await states()).toSorted()).toEqual(['current', 'retiring']);
    expect((await call(getCurrentUser, { token })).status).toBe(200);
  });

  test('is made once by many instances that start at the same moment', async () => {
    const { createSigningKey } = await import('#lib/auth/create-signing-key.ts');
    const { getPool } = await import('#lib/db/client.ts');
    await Promise.all(Array.from({ length: 10 }, () => createSigningKey(getPool(), 'current', new Date())));
    expect(await states()).toEqual(['current']);
  });

  test('is published before it signs, and never with its private half', async () => {
    await call(getJwks);
    await rotateSigningKeys(at(24 * 30));
    forgetKeyRing();
    const { body, headers } = await call(getJwks);
    expect(body.keys).toHaveLength(2);
    for (const key of body.keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(headers).toMatchObject({
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=300',
    });
  });
});

describe('the operator', () => {
  test('announces the next key early', async () => {
    const { token } = await createMember('operator');
    expect((await call(forceKeyRotation, { token, body: { isCompromised: false } })).status).toBe(204);
    expect(await states()).toEqual(['current', 'pending']);
    expect((await call(getCurrentUser, { token })).status).toBe(200);
  });

  test('revokes a stolen key: its tokens are refused, new ones work', async () => {
    const { token, actor } = await createMember('operator');
    expect((await call(forceKeyRotation, { token, body: { isCompromised: true } })).status).toBe(204);
    expect((await call(getCurrentUser, { token })).status).toBe(401);
    const { accessToken } = await issueAccessToken(actor, new Date(), inTwelveHours());
    expect((await call(getCurrentUser, { token: accessToken })).status).toBe(200);
  });

  test('needs a fresh proof of identity', async () => {
    const { actor } = await createMember('operator');
    const stale = { ...actor.session, authenticatedAtSeconds: Date.now() / 1000 - 601 };
    stale.authenticatedAtSeconds = Math.floor(stale.authenticatedAtSeconds);
    const { accessToken } = await issueAccessToken({ ...actor, session: stale }, new Date(), inTwelveHours());
    const { status, body, headers } = await call(forceKeyRotation, {
      token: accessToken,
      body: { isCompromised: true },
    });
    expect([status, body.code]).toEqual([401, 'step_up_required']);
    expect(headers['www-authenticate']).toBe('Bearer error="insufficient_user_authentication", max_age=600');
  });
});
