import { describe, expect, test } from 'vitest';
import { handler as confirmTotp } from '#functions/auth/confirm-totp.ts';
import { handler as enrolTotp } from '#functions/auth/enrol-totp.ts';
import { handler as getTotpStatus } from '#functions/auth/get-totp-status.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as stepUpSession } from '#functions/auth/step-up-session.ts';
import { login as logIn } from '#lib/auth/login.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { call } from '#test/support/call.ts';
import { codeAt, giveSecondFactor, setPassword, wrongCodeAt } from '#test/support/second-factor.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

const password = 'correct horse battery staple';

async function createProtected() {
  const member = await createMember();
  await setPassword(member, password);
  return { ...member, ...(await giveSecondFactor(member)) };
}

type Protected = Awaited<ReturnType<typeof createProtected>>;

const attempt = ({ email }: Member, code?: string) =>
  call(login, { body: { email, password, ...(code !== undefined && { code }) } });

/** A log-in at another instant than now. */
function attemptAt({ email, ctx }: Member, seconds: number, codeOf: (instant: Date) => string) {
  const now = new Date(ctx.now.getTime() + seconds * 1000);
  const client = { sourceIp: '127.0.0.1', userAgent: 'test' };
  return logIn({ ...ctx, actor: undefined, now }, { email, password, code: codeOf(now) }, client);
}

const right = ({ secret }: Protected) => codeAt.bind(null, secret);
const wrong = ({ secret }: Protected) => wrongCodeAt.bind(null, secret);

async function methodsOf(refreshToken: string): Promise<string[]> {
  const id = sessionIdOf(refreshToken);
  const [session] = await sql`select authentication_methods::text as methods from sessions where id = ${id}`;
  return session?.methods;
}

describe('succeeds', () => {
  test('with the password and the code of now, also in two groups', async () => {
    const member = await createProtected();
    const code = codeAt(member.secret, new Date());
    const { status, body } = await attempt(member, `${code.slice(0, 3)} ${code.slice(3)}`);
    expect(status).toBe(200);
    expect(await methodsOf(body.refreshToken)).toBe('{pwd,otp}');
  });

  test.each([-30, 30])('with the code of an app whose clock is %i s off', async (skewSeconds) => {
    const member = await createProtected();
    const code = codeAt(member.secret, new Date(member.ctx.now.getTime() + skewSeconds * 1000));
    await attemptAt(member, 0, () => code);
  });

  test('with a recovery code, however it is typed', async () => {
    const member = await createProtected();
    const [first = '', second = ''] = member.recoveryCodes;
    const { status, body } = await attempt(member, first);
    expect(status).toBe(200);
    expect(await methodsOf(body.refreshToken)).toBe('{pwd,mfa}');
    expect((await attempt(member, second.toUpperCase().replaceAll('-', ' '))).status).toBe(200);
    expect((await call(getTotpStatus, { token: member.token })).body.recoveryCodesLeft).toBe(8);
  });

  test('without a code while the second factor is not confirmed', async () => {
    const member = await createMember();
    await setPassword(member, password);
    await call(enrolTotp, { token: member.token });
    expect((await attempt(member)).status).toBe(200);
    expect((await attempt(member, '123456')).status).toBe(200);
  });
});

describe('rejects', () => {
  test('the password alone', async () => {
    const { status, body, cookies } = await attempt(await createProtected());
    expect([status, body.code, cookies]).toEqual([401, 'mfa_required', []]);
  });

  test.each([-60, 60])('the code of an app whose clock is %i s off', async (skewSeconds) => {
    const member = await createProtected();
    const code = codeAt(member.secret, new Date(member.ctx.now.getTime() + skewSeconds * 1000));
    await expect(attemptAt(member, 0, () => code)).rejects.toMatchObject({ code: 'invalid_mfa_code' });
  });

  test('a code or recovery code of somebody else', async () => {
    const [member, other] = [await createProtected(), await createProtected()];
    for (const code of [codeAt(other.secret, new Date()), String(other.recoveryCodes[0])])
      expect((await attempt(member, code)).body.code).toBe('invalid_mfa_code');
    expect((await attempt(other, other.recoveryCodes[0])).status).toBe(200);
  });

  test('a code that was used, at every door, and codes of earlier time steps', async () => {
    const member = await createProtected();
    const now = Date.now();
    const code = codeAt(member.secret, new Date(now));
    expect((await attempt(member, code)).status).toBe(200);
    expect((await attempt(member, code)).body.code).toBe('invalid_mfa_code');
    const earlier = codeAt(member.secret, new Date(now - 30_000));
    expect((await attempt(member, earlier)).body.code).toBe('invalid_mfa_code');
    await forgetFailures(member);
    const stepUp = await call(stepUpSession, { token: member.token, body: { code } });
    expect(stepUp.body.code).toBe('invalid_mfa_code');
  });

  test('the code that confirmed the second factor', async () => {
    const member = await createMember();
    const { token } = member;
    await setPassword(member, password);
    const { body } = await call(enrolTotp, { token });
    const code = codeAt(body.secret, new Date());
    expect((await call(confirmTotp, { token, body: { code } })).status).toBe(200);
    expect((await attempt(member, code)).body.code).toBe('invalid_mfa_code');
  });

  test('what is neither, also in digits of another script', async () => {
    const member = await createProtected();
    for (const code of ['00592４', '-------']) {
      expect((await attempt(member, code)).body.code).toBe('invalid_mfa_code');
    }
    expect((await attempt(member, '1')).status).toBe(422);
  });

  test('a recovery code that was used', async () => {
    const member = await createProtected();
    const [code] = member.recoveryCodes;
    expect((await attempt(member, code)).status).toBe(200);
    expect((await attempt(member, code)).body.code).toBe('invalid_mfa_code');
  });
});

describe('protects', () => {
  test.each(['app', 'recovery'])(
    'against replay: of twenty log-ins with one code (%s) at once, one succeeds',
    async (kind) => {
      const member = await createProtected();
      const code = kind === 'app' ? codeAt(member.secret, new Date()) : member.recoveryCodes[0];
      const answers = await Promise.all(Array.from({ length: 20 }, () => attempt(member, code)));
      const withStatus = (status: number) => answers.filter((answer) => answer.status === status);
      // The first three losers are wrong, all others too early.
      expect([200, 401, 429].map((status) => withStatus(status).length)).toEqual([1, 3, 16]);
    },
  );

  test('against guessing: each failure after the second one doubles the delay, up to fifteen minutes', async () => {
    const member = await createProtected();
    let seconds = 0;
    for (const delay of [0, 0, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      await expect(attemptAt(member, seconds, wrong(member))).rejects.toMatchObject({
        code: 'invalid_mfa_code',
      });
      if (delay > 0)
        await expect(attemptAt(member, seconds, right(member))).rejects.toMatchObject({
          code: 'rate_limited',
          options: { retryAfterSeconds: delay },
        });
      seconds += delay;
    }
    await attemptAt(member, seconds, right(member));
    await expect(attemptAt(member, seconds, wrong(member))).rejects.toMatchObject({
      code: 'invalid_mfa_code',
    });
    await attemptAt(member, seconds + 30, right(member));
  });

  test('against guessing: recovery codes wait as well, and the answer is 429 with Retry-After', async () => {
    const member = await createProtected();
    for (let count = 0; count < 3; count++)
      expect((await attempt(member, 'aaaa-aaaa-aaaa-aaaa-aaaa-aaaa')).body.code).toBe('invalid_mfa_code');
    const { status, body, headers } = await attempt(member, member.recoveryCodes[0]);
    expect([status, body.code]).toEqual([429, 'rate_limited']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(8);
  });

  test('the owner against strangers: without the password nobody learns of the second factor or delays it', async () => {
    const [member, plain] = [await createProtected(), await createMember()];
    await setPassword(plain, password);
    const code = wrongCodeAt(member.secret, new Date());
    const guess = ({ email }: Member, body: object) =>
      call(login, { body: { email, password: 'wrong', ...body } });
    for (const sent of [{}, { code }, {}, { code }]) {
      const answers = [await guess(member, sent), await guess(plain, sent)];
      for (const { body } of answers)
        expect({ ...body, requestId: '' }).toEqual({ ...answers[1]?.body, requestId: '' });
      expect(answers[0]?.body.code).toBe('invalid_credentials');
    }
    expect((await attempt(member, codeAt(member.secret, new Date()))).status).toBe(200);
  });
});

async function forgetFailures({ userId }: Member): Promise<void> {
  await sql`update totp_enrolments set failed_attempts = 0, next_attempt_at = null where user_id = ${userId}`;
}
