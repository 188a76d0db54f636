import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { handler as forgotPassword } from '#functions/auth/forgot-password.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as register } from '#functions/auth/register.ts';
import { handler as resetPassword } from '#functions/auth/reset-password.ts';
import { handler as verifyEmail } from '#functions/auth/verify-email.ts';
import { createToken, hashToken } from '#lib/auth/hash-token.ts';
import { call } from '#test/support/call.ts';
import { newestToken } from '#test/support/mailbox.ts';
import { createMember, sql } from '#test/support/tenant.ts';

async function registered(): Promise<{ email: string; token: string }> {
  const email = `${uuidv7()}@example.com`;
  await call(register, { body: { email, password, name: 'Ada' } });
  return { email, token: await newestToken(email) };
}
const password = 'correct horse battery staple';
const verify = (token: string, typed = password) => call(verifyEmail, { body: { token, password: typed } });

describe('succeeds', () => {
  test('once', async () => {
    const { email, token } = await registered();
    expect((await verify(token)).status).toBe(204);
    const [user] = await sql`select email_verified_at from users where email = ${email}`;
    expect(user?.email_verified_at).toBeInstanceOf(Date);
    const { status, body } = await verify(token);
    expect([status, body.code]).toEqual([400, 'invalid_account_token']);
  });
});

describe('rejects', () => {
  test('a token that is unknown, 24 hours old, or for another purpose, all alike', async () => {
    const { token: old } = await registered();
    const [row] =
      await sql`select expires_at - created_at as lifetime from account_tokens where token_hash = ${hashToken(old)}`;
    expect(row?.lifetime).toBe('1 day');
    await sql`update account_tokens set expires_at = now() where token_hash = ${hashToken(old)}`;
    const { email } = await createMember();
    await call(forgotPassword, { body: { email } });
    const answers = await Promise.all(
      [createToken(), old, await newestToken(email)].map((token) => verify(token)),
    );
    const bodies = answers.map(({ body: { requestId: _, ...body } }) => body);
    expect(bodies[0]?.code).toBe('invalid_account_token');
    expect(bodies).toEqual([bodies[0], bodies[0], bodies[0]]);
  });
});

describe('protects', () => {
  test('who owns the mailbox: a stranger who registered the address first does not get in by its click', async () => {
    const { email, token } = await registered();
    await call(register, { body: { email, password: 'another one, of the owner', name: 'Owner' } });
    const { status, body } = await verify(token, 'another one, of the owner');
    expect([status, body.code]).toEqual([401, 'invalid_credentials']);
    expect((await call(login, { body: { email, password } })).status).toBe(403);
    const reset = { token: await newestToken(email), password: 'another one, of the owner' };
    expect((await call(resetPassword, { body: reset })).status).toBe(204);
    expect((await call(login, { body: { email, password } })).status).toBe(401);
    expect((await call(login, { body: { email, password: reset.password } })).status).toBe(200);
  });

  test('the token: only a hash of it is stored', async () => {
    const { token } = await registered();
    const rows = await sql`select * from account_tokens`;
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});
