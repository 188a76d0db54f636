import { beforeEach, describe, expect, test } from 'vitest';
import { handler as changePassword } from '#functions/auth/change-password.ts';
import { handler as forgotPassword } from '#functions/auth/forgot-password.ts';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as resetPassword } from '#functions/auth/reset-password.ts';
import { hashPassword } from '#lib/auth/passwords.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { call } from '#test/support/call.ts';
import { mailsTo, newestToken } from '#test/support/mailbox.ts';
import { logIn } from '#test/support/scenario.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

const currentPassword = 'plinth-demo';
const newPassword = 'correct horse battery staple';
const storedHash = await hashPassword(currentPassword);
let member: Member;

beforeEach(async () => {
  member = await createMember();
  await sql`update users set password_hash = ${storedHash} where id = ${member.userId}`;
});

const change = (body: object) =>
  call(changePassword, { token: member.token, body: { currentPassword, newPassword, ...body } });

describe('succeeds', () => {
  test('sets the password, keeps this session, ends the others and tells the owner', async () => {
    const other = await logIn(member);
    expect((await change({})).status).toBe(204);
    expect((await call(getCurrentUser, { token: member.token })).status).toBe(200);
    expect((await call(getCurrentUser, { token: other.accessToken })).status).toBe(401);
    const attempt = (password: string) => call(login, { body: { email: member.email, password } });
    expect((await attempt(newPassword)).status).toBe(200);
    expect((await attempt(currentPassword)).status).toBe(401);
    expect((await mailsTo(member.email)).map(({ subject }) => subject)).toEqual([
      'Your password was changed',
    ]);
  });
});

describe('rejects', () => {
  test('a wrong current password, by field, and changes nothing', async () => {
    const { status, body } = await change({ currentPassword: 'wrong' });
    expect([status, body.errors]).toMatchObject([
      422,
      [{ pointer: '/currentPassword', code: 'wrong_password' }],
    ]);
    const [user] = await sql`select password_hash from users where id = ${member.userId}`;
    expect(user?.password_hash).toBe(storedHash);
  });

  test('a common password, by field', async () => {
    const { body } = await change({ newPassword: 'password1234567' });
    expect(body.errors).toMatchObject([{ pointer: '/newPassword', code: 'common_password' }]);
  });

  test('any password for an account that has none', async () => {
    await sql`update users set password_hash = null where id = ${member.userId}`;
    expect((await change({})).body.errors).toMatchObject([{ code: 'wrong_password' }]);
  });
});

describe('protects', () => {
  test('the change: a link to reset the password that was mailed before is void', async () => {
    await call(forgotPassword, { body: { email: member.email } });
    const token = await newestToken(member.email);
    await change({});
    const answer = await call(resetPassword, { body: { token, password: 'a password of somebody else' } });
    expect(answer.body.code).toBe('invalid_account_token');
  });

  test('against guessing with a stolen session: above the limit the answer is 429', async () => {
    for (let count = 0; count < rateLimits.login.burst.limit; count++)
      expect((await change({ newPassword: 'short' })).status).toBe(422);
    expect((await change({})).status).toBe(429);
  });

  test('of parallel changes one wins', async () => {
    const answers = await Promise.all([1, 2, 3].map((n) => change({ newPassword: `${newPassword} ${n}` })));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422]);
  });
});
