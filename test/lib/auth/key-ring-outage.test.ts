import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { forgetKeyRing, getSigner } from '#lib/auth/key-ring.ts';
import { verifyAccessToken } from '#lib/auth/verify-access-token.ts';
import { closePool } from '#lib/db/client.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { logger } from '#lib/observability/logger.ts';
import { getRedis } from '#lib/redis/client.ts';
import { call } from '#test/support/call.ts';
import { countStatements } from '#test/support/count-statements.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { startTcpProxy } from '#test/support/tcp-proxy.ts';
import { createMember, type Member } from '#test/support/tenant.ts';

// The database behind a proxy, to hang it in the middle.
const database = new URL(String(process.env.DATABASE_URL));
const proxy = await startTcpProxy({ host: database.hostname, port: Number(database.port) });
database.host = `127.0.0.1:${proxy.port}`;
process.env.DATABASE_URL = String(database);

const minuteMs = 60_000;
const after = (start: Date, minutes: number) => new Date(start.getTime() + minutes * minuteMs);

async function hang(): Promise<void> {
  await proxy.set('hang');
}
afterEach(async () => {
  await proxy.set('pass');
  await closePool(0);
  forgetKeyRing();
  vi.restoreAllMocks();
});
afterAll(() => proxy.close());

/** An access token as an instance signs it whose keys we have never seen. */
function withUnknownKey(token: string): string {
  const [, claims, signature] = token.split('.');
  const header = { alg: 'EdDSA', typ: 'at+jwt', kid: randomUUID() };
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}.${signature}`;
}

test.each(['hang', 'refuse'] as const)(
  'an instance without keys answers in a second while the database is gone (%s), counted and with the headers of the limit',
  async (fault) => {
    const { token } = await createMember();
    const sourceIp = `203.0.113.${fault.length}`;
    forgetKeyRing();
    await proxy.set(fault);
    const startedAt = performance.now();
    const { status, headers } = await call(getCurrentUser, { token, sourceIp });
    expect([status, headers.ratelimit]).toEqual([
      503,
      expect.stringContaining(`r=${rateLimits.read.burst.limit - 1}`),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    const second = await call(getCurrentUser, { token, sourceIp });
    expect(second.headers.ratelimit).toContain(`r=${rateLimits.read.burst.limit - 2}`);
    expect(takeErrorLogs()).toHaveLength(2);
  },
);

test('an instance without keys serves who sends a good token, and refuses a session that has ended', async () => {
  const [member, other] = [await createMember(), await createMember()] as [Member, Member];
  const session = { ...other.actor.session, id: randomUUID() };
  const ended = await issueAccessToken({ ...other.actor, session }, new Date(), after(new Date(), 60));
  forgetKeyRing();
  expect((await call(getCurrentUser, { token: ended.accessToken })).status).toBe(401);
  forgetKeyRing();
  expect((await call(getCurrentUser, { token: member.token })).body.id).toBe(member.userId);
  forgetKeyRing();
  expect((await call(getCurrentUser, { cookies: [`auth_token=${member.token}`] })).body.id).toBe(
    member.userId,
  );
});

test('a flood of made-up keys is limited before the database is asked', async () => {
  const { token } = await createMember();
  const sourceIp = '203.0.113.11';
  await getRedis().set(`rate:read:burst:ip:${sourceIp}`, String(rateLimits.read.burst.limit), { px: 60_000 });
  forgetKeyRing();
  const before = await countStatements();
  const { status, body } = await call(getCurrentUser, { token: withUnknownKey(token), sourceIp });
  expect([status, body.code]).toEqual([429, 'rate_limited']);
  expect(await countStatements()).toBe(before);
});

test('made-up keys count for the address, and ask the database once in ten seconds', async () => {
  const { token } = await createMember();
  const sourceIp = '203.0.113.10';
  const remaining = async () => {
    const { status, headers } = await call(getCurrentUser, { token: withUnknownKey(token), sourceIp });
    expect(status).toBe(401);
    return Number(/r=(\d+)/.exec(headers.ratelimit ?? '')?.[1]);
  };
  const first = await remaining();
  await hang();
  expect([await remaining(), await remaining()]).toEqual([first - 1, first - 2]);
});

test('while the database hangs, keys that are known verify for fifteen minutes, and unknown ones nobody', async () => {
  const warn = vi.spyOn(logger, 'warn');
  const { actor, token } = await createMember();
  const start = new Date();
  forgetKeyRing();
  await getSigner(start);
  await hang();
  for (const minutes of [1, 6, 11, 14.9]) {
    const now = after(start, minutes);
    const { accessToken } = await issueAccessToken(actor, now, after(start, 60));
    expect(await verifyAccessToken(accessToken, now)).toMatchObject({ userId: actor.userId });
  }
  expect(warn).toHaveBeenCalledWith(
    'cannot refresh a cache: what it has is used',
    expect.objectContaining({ cache: 'signing keys' }),
  );
  await expect(verifyAccessToken(withUnknownKey(token), after(start, 14))).rejects.toMatchObject({
    code: 'unavailable',
  });
  await expect(getSigner(after(start, 15))).rejects.toMatchObject({ code: 'unavailable' });
});

test('is back with the database', async () => {
  const start = new Date();
  await getSigner(start);
  await hang();
  await getSigner(after(start, 6));
  await proxy.set('pass');
  await closePool(0);
  const { kid } = await getSigner(after(start, 14));
  expect((await getSigner(after(start, 18))).kid).toBe(kid);
});
