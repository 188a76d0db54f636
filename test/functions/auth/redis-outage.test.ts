import { expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as revokeSession } from '#functions/auth/revoke-session.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { logIn } from '#test/support/scenario.ts';
import { createMember } from '#test/support/tenant.ts';

// An endpoint of its own, to stop it in the middle.
const redis = await startRedisEndpoint({ token: 'outage' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });

test('while Redis is away tokens are checked in PostgreSQL and cookies wait; nobody is let in unchecked', async () => {
  const member = await createMember();
  const [kept, endedBefore, endedDuring] = [await logIn(member), await logIn(member), await logIn(member)];
  const endSession = (tokens: typeof kept) =>
    call(revokeSession, { token: member.token, params: { id: sessionIdOf(tokens.refreshToken) } });
  const viaToken = (tokens: typeof kept) => call(getCurrentUser, { token: tokens.accessToken });
  const viaCookie = (tokens: typeof kept, handler = getCurrentUser) =>
    call(handler, {
      cookies: [`auth_token=${tokens.accessToken}`, `csrf_token=${tokens.csrfToken}`],
      headers: { 'sec-fetch-site': 'same-origin', 'x-csrf-token': tokens.csrfToken },
    });
  expect((await endSession(endedBefore)).status).toBe(204);
  expect([await viaToken(kept), await viaCookie(kept)].map(({ status }) => status)).toEqual([200, 200]);

  await redis.close();

  expect((await viaToken(kept)).status).toBe(200);
  expect((await call(createProject, { token: kept.accessToken, body: { name: 'On' } })).status).toBe(201);
  expect((await viaToken(endedBefore)).status).toBe(401);
  for (const tokens of [kept, endedBefore]) {
    const { status, body, headers } = await viaCookie(tokens);
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'unavailable', '5']);
  }
  expect((await viaToken({ ...kept, accessToken: `${kept.accessToken.slice(0, -4)}AAAA` })).status).toBe(401);
  // The fleet could not be told, so nothing has ended.
  expect((await endSession(endedDuring)).status).toBe(503);
  expect((await viaToken(endedDuring)).status).toBe(200);
  expect(takeErrorLogs().length).toBeGreaterThan(0);

  const back = await startRedisEndpoint({ token: 'outage', port: Number(new URL(redis.url).port) });
  try {
    expect((await endSession(endedDuring)).status).toBe(204);
    expect((await viaToken(kept)).status).toBe(200);
    // The gate looks for Redis once a second.
    await expect.poll(async () => (await viaCookie(kept)).status, { timeout: 10_000 }).toBe(200);
    takeErrorLogs();
    for (const tokens of [endedBefore, endedDuring])
      for (let count = 0; count < 3; count++) expect((await viaToken(tokens)).status).toBe(401);
  } finally {
    await back.close();
  }
});
