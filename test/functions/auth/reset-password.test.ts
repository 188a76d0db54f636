import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { handler as forgotPassword } from '#functions/auth/forgot-password.ts';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as resetPassword } from '#functions/auth/reset-password.ts';
import { createToken, hashToken } from '#lib/auth/hash-token.ts';
import { logger } from '#lib/observability/logger.ts';
import { getRedis } from '#lib/redis/client.ts';
import { RedisAway } from '#lib/redis/rest-requester.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { mailsTo, newestToken } from '#test/support/mailbox.ts';
import { logIn } from '#test/support/scenario.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

const password = 'correct horse battery staple';
let member: Member;

async function askForToken(): Promise<string> {
  await call(forgotPassword, { body: { email: member.email } });
  return newestToken(member.email);
}
const reset = (token: string, chosen = password) =>
  call(resetPassword, { body: { token, password: chosen } });

beforeEach(async () => {
  member = await createMember();
});
afterEach(() => vi.restoreAllMocks());

describe('succeeds', () => {
  test('sets the password, confirms the address, ends every session and tells the owner', async () => {
    await sql`update users set email_verified_at = null where id = ${member.userId}`;
    const second = await logIn(member);
    expect((await reset(await askForToken())).status).toBe(204);
    for (const token of [member.token, second.accessToken])
      expect((await call(getCurrentUser, { token })).status).toBe(401);
    expect((await call(login, { body: { email: member.email, password } })).status).toBe(200);
    expect((await mailsTo(member.email)).at(-1)?.subject).toBe('Your password was changed');
    const events =
      await sql`select action, changes from audit_events where actor_id = ${member.userId} order by id`;
    expect(events.map(({ action }) => action)).toContain('user.reset_password');
    expect(JSON.stringify(events)).not.toContain('argon2');
  });
});

describe('rejects', () => {
  test('a token that is unknown, used, or an hour old, all alike', async () => {
    const used = await askForToken();
    await reset(used);
    const old = await askForToken();
    const [row] =
      await sql`select expires_at - created_at as lifetime from account_tokens where token_hash = ${hashToken(old)}`;
    expect(row?.lifetime).toBe('01:00:00');
    await sql`update account_tokens set expires_at = now() where token_hash = ${hashToken(old)}`;
    const answers = [await reset(createToken()), await reset(used), await reset(old)];
    const bodies = answers.map(({ body: { requestId: _, ...body } }) => body);
    expect(bodies[0]?.code).toBe('invalid_account_token');
    expect(bodies).toEqual([bodies[0], bodies[0], bodies[0]]);
  });

  test('a common password, and the token works on', async () => {
    const token = await askForToken();
    const { status, body } = await reset(token, 'password1234567');
    expect([status, body.errors]).toMatchObject([422, [{ pointer: '/password', code: 'common_password' }]]);
    expect((await reset(token)).status).toBe(204);
  });
});

describe('protects', () => {
  test('a token from being used twice: of parallel uses exactly one wins', async () => {
    for (let run = 0; run < 20; run++) {
      const token = await askForToken();
      const answers = await Promise.all([1, 2, 3].map((index) => reset(token, `${password} ${index}`)));
      expect(answers.map(({ status }) => status).sort(), `run ${run}`).toEqual([204, 400, 400]);
      const winner = answers.findIndex(({ status }) => status === 204) + 1;
      const body = { email: member.email, password: `${password} ${winner}` };
      if (run === 0) expect((await call(login, { body })).status).toBe(200);
      // A member a run: an account has a limit of its own.
      member = await createMember();
    }
  });

  test('other links of the account end with the first that is used, also at once', async () => {
    const [first, second] = [await askForToken(), await askForToken()];
    const answers = await Promise.all([reset(first), reset(second)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
    const third = await askForToken();
    const fourth = await askForToken();
    expect((await reset(fourth)).status).toBe(204);
    expect((await reset(third)).body.code).toBe('invalid_account_token');
  });

  test('token and password from every log line', async () => {
    const logs = (['debug', 'info', 'warn'] as const).map((level) => vi.spyOn(logger, level));
    const token = await askForToken();
    await reset(token, 'password1234567');
    await reset(token);
    await reset(token);
    const logged = JSON.stringify(logs.map((log) => log.mock.calls));
    expect(logged).toContain('resetPassword');
    for (const secret of [token, hashToken(token), password, 'password1234567', member.email])
      expect(logged).not.toContain(secret);
  });

  test('the retry of who is answered 503: without Redis nothing is changed', async () => {
    const token = await askForToken();
    const away = vi.spyOn(getRedis(), 'evalsha').mockRejectedValue(new RedisAway('refused'));
    expect((await reset(token)).status).toBe(503);
    expect(takeErrorLogs()).toHaveLength(1);
    away.mockRestore();
    expect((await call(getCurrentUser, { token: member.token })).status).toBe(200);
    expect((await reset(token)).status).toBe(204);
    expect((await call(getCurrentUser, { token: member.token })).status).toBe(401);
  });
});
