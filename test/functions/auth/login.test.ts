import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { hashPassword } from '#lib/auth/passwords.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { getRedis } from '#lib/redis/client.ts';
import { call } from '#test/support/call.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

const password = 'correct horse battery staple';
let member: Member;

beforeAll(async () => {
  member = await createMember();
  await sql`update users set password_hash = ${await hashPassword(password)} where id = ${member.userId}`;
});

describe('succeeds', () => {
  test('returns a bearer token that works, and sets it as a cookie that scripts cannot read', async () => {
    const { status, body, cookies, headers } = await call(login, { body: { email: member.email, password } });
    expect(status).toBe(200);
    expect(body).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 900,
      refreshToken: expect.any(String),
      refreshExpiresIn: 12 * 3600,
      csrfToken: expect.any(String),
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(cookies).toEqual([
      expect.stringMatching(/^auth_token=[\w.-]+; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/),
      `refresh_token=${body.refreshToken}; Path=/api/v1/auth; Max-Age=43200; HttpOnly; SameSite=Strict`,
      `csrf_token=${body.csrfToken}; Path=/; Max-Age=43200; SameSite=Strict`,
    ]);
    const me = await call(getCurrentUser, { token: body.accessToken });
    expect(me.body).toMatchObject({ id: member.userId, email: member.email, isOperator: false });
    expect((await call(getCurrentUser, { cookies: [String(cookies[0]?.split(';')[0])] })).status).toBe(200);
  });

  test('accepts the email in any case', async () => {
    const { status } = await call(login, { body: { email: member.email.toUpperCase(), password } });
    expect(status).toBe(200);
  });

  test('issues a token with the claims of RFC 9068 and no personal data', async () => {
    const { body } = await call(login, { body: { email: member.email, password } });
    expect(decodeProtectedHeader(body.accessToken)).toMatchObject({
      alg: 'EdDSA',
      typ: 'at+jwt',
      kid: expect.any(String),
    });
    const claims = decodeJwt(body.accessToken);
    expect(Object.keys(claims).sort()).toEqual([
      'aud',
      'auth_time',
      'exp',
      'gen',
      'iat',
      'iss',
      'jti',
      'org',
      'roles',
      'sid',
      'sub',
    ]);
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900);
  });
});

describe('rejects', () => {
  test('a wrong password and an unknown account with the same answer', async () => {
    const wrong = await call(login, { body: { email: member.email, password: 'wrong' } });
    const unknown = await call(login, { body: { email: 'nobody@example.com', password: 'wrong' } });
    expect(wrong.status).toBe(401);
    const { requestId: _, ...expected } = wrong.body;
    expect(unknown.body).toMatchObject(expected);
  });

  test('an account without an organization', async () => {
    const lonely = await (await createTenant()).addMember();
    await sql`update users set password_hash = ${await hashPassword(password)} where id = ${lonely.userId}`;
    await sql`delete from memberships where user_id = ${lonely.userId}`;
    const codeOf = async (typed: string) =>
      (await call(login, { body: { email: lonely.email, password: typed } })).body.code;
    expect([await codeOf(password), await codeOf('wrong')]).toEqual([
      'no_organization',
      'invalid_credentials',
    ]);
    expect((await call(getCurrentUser, { token: lonely.token })).status).toBe(401);
  });
});

describe('protects', () => {
  test('against guessing: above the limit the answer is 429 with Retry-After, never 401', async () => {
    const sourceIp = '203.0.113.9';
    const attempt = () => call(login, { body: { email: 'x' }, sourceIp });
    for (let count = 0; count < rateLimits.login.burst.limit; count++)
      expect((await attempt()).status).toBe(422);
    const { status, body, headers } = await attempt();
    expect([status, body.code, body.retryable]).toEqual([429, 'rate_limited', true]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(headers.ratelimit).toContain('r=0');
  });

  test('against guessing from many addresses, without keeping out who logged in from theirs lately', async () => {
    const victim = await createMember();
    await sql`update users set password_hash = ${await hashPassword(password)} where id = ${victim.userId}`;
    const attempt = async (sourceIp: string, typed = password) =>
      (await call(login, { body: { email: victim.email.toUpperCase(), password: typed }, sourceIp })).status;
    expect(await attempt('2001:db8:7:7::1')).toBe(200);
    const account = createHash('sha256').update(victim.email).digest('base64url');
    await getRedis().set(`rate:account:burst:${account}`, String(rateLimits.account.burst.limit), {
      px: 60_000,
    });
    expect(await attempt('198.51.100.8')).toBe(429);
    expect(await attempt('2001:db8:7:8::1')).toBe(429);
    // Another address of the same subscriber.
    expect(await attempt('2001:db8:7:7::2')).toBe(200);
    expect(await attempt('2001:db8:7:7::2', 'wrong')).toBe(401);
    // There the limit of the address still holds.
    const network = 'rate:login:burst:ip:2001:db8:7:7::/64';
    expect(await getRedis().get(network)).toBe('3');
    await getRedis().set(network, String(rateLimits.login.burst.limit), { px: 60_000 });
    expect(await attempt('2001:db8:7:7::2')).toBe(429);
  });

  test('against bodies that are no log-in: they count, and their answers tell the limit', async () => {
    const sourceIp = '203.0.113.10';
    for (const [body, status] of [
      ['{"email": ', 400],
      ['"x"', 422],
    ] as const) {
      const answer = await call(login, { body, sourceIp });
      expect([answer.status, answer.headers.ratelimit]).toEqual([
        status,
        expect.stringContaining('login-burst'),
      ]);
    }
    expect(await getRedis().get(`rate:login:burst:ip:${sourceIp}`)).toBe('2');
  });

  test('cookie-authenticated writes against other sites', async () => {
    const { body, cookies: setCookies } = await call(login, { body: { email: member.email, password } });
    const cookies = setCookies.map((cookie) => String(cookie.split(';')[0]));
    const write = (headers: Record<string, string>, sent = cookies) =>
      call(createProject, { cookies: sent, headers, body: { name: 'By cookie' } });
    const token = { 'x-csrf-token': body.csrfToken };
    const other = await call(login, { body: { email: member.email, password } });
    const foreign = { 'sec-fetch-site': 'same-origin', 'x-csrf-token': other.body.csrfToken };
    const planted = [...cookies.slice(0, 2), `csrf_token=${other.body.csrfToken}`];
    for (const refused of [
      write(token),
      write({ ...token, 'sec-fetch-site': 'cross-site' }),
      write({ ...token, origin: 'https://evil.example' }),
      write({ 'sec-fetch-site': 'same-origin' }),
      write({ 'sec-fetch-site': 'same-origin', ...token }, cookies.slice(0, 2)),
      write(foreign),
      write(foreign, planted),
    ])
      expect((await refused).body.code).toBe('csrf_failed');
    expect((await write({ ...token, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await write({ ...token, origin: 'http://localhost:3000' })).status).toBe(201);
  });
});
