import { describe, expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { call } from '#test/support/call.ts';
import { logIn } from '#test/support/scenario.ts';
import { createMember } from '#test/support/tenant.ts';

const [first, second] = await Promise.all([createMember(), createMember()]);
const whoIs = async (options: Parameters<typeof call>[1]) => {
  const { status, body } = await call(getCurrentUser, options);
  return status === 200 ? body.id : status;
};

describe('succeeds', () => {
  test('by header, by cookie, and the header wins over the cookie', async () => {
    const cookies = [`auth_token=${second.token}`];
    expect(await whoIs({ token: first.token })).toBe(first.userId);
    expect(await whoIs({ cookies })).toBe(second.userId);
    expect(await whoIs({ token: first.token, cookies })).toBe(first.userId);
    expect(await whoIs({ headers: { authorization: `bearer  ${first.token}` } })).toBe(first.userId);
  });

  test('by the legacy cookie where it is switched on, behind the others, and with the same care for writes', async () => {
    const legacy = [`access_token=${first.token}`];
    expect(await whoIs({ cookies: legacy })).toBe(401);
    Object.assign(getConfig(), { LEGACY_ACCESS_COOKIE: true });
    expect(await whoIs({ cookies: legacy })).toBe(first.userId);
    expect(await whoIs({ cookies: [...legacy, `auth_token=${second.token}`] })).toBe(second.userId);
    const write = { cookies: legacy, body: { name: 'Old client' } };
    expect((await call(createProject, write)).body.code).toBe('csrf_failed');
    const { accessToken, csrfToken } = await logIn(first);
    const allowed = await call(createProject, {
      ...write,
      cookies: [`access_token=${accessToken}`, `csrf_token=${csrfToken}`],
      headers: { 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrfToken },
    });
    expect(allowed.status).toBe(201);
    Object.assign(getConfig(), { LEGACY_ACCESS_COOKIE: false });
  });
});

describe('rejects', () => {
  test.each([
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Basic dXNlcjpwYXNz',
    `Bearer ${first.token}, Bearer ${second.token}`,
    `Bearer ${first.token},${second.token}`,
    `Bearer ${first.token} `.repeat(2),
    `Bearer ${'x'.repeat(100_000)}`,
    `Bearer ${'a'.repeat(50_000)}.${'b'.repeat(50_000)}.c`,
    'Bearer \u0000.\u0001.\u0002',
  ])('the Authorization header %.30s, whatever else is good', async (authorization) => {
    expect(await whoIs({ headers: { authorization }, cookies: [`auth_token=${second.token}`] })).toBe(401);
  });

  test.each([
    `auth_token=\u0000${first.token}`,
    `auth_token=${first.token}\u0001`,
    `auth_token=${'x'.repeat(100_000)}`,
    `auth_token =${first.token}`.replace(' =', '\t\u0007='),
    'auth_token',
    '=;=;;',
  ])('the cookie %.30j', async (cookie) => {
    expect(await whoIs({ cookies: [cookie] })).toBe(401);
  });

  test('a good cookie behind a bad one of the same name', async () => {
    expect(await whoIs({ cookies: ['auth_token=bad.bad.bad', `auth_token=${first.token}`] })).toBe(401);
  });
});
