import { describe, expect, test } from 'vitest';
import { handler as confirmTotp } from '#functions/auth/confirm-totp.ts';
import { handler as getTotpStatus } from '#functions/auth/get-totp-status.ts';
import { confirmTotp as confirm } from '#lib/totp/confirm-totp.ts';
import { enrolTotp } from '#lib/totp/enrol-totp.ts';
import { call } from '#test/support/call.ts';
import { codeAt, wrongCodeAt } from '#test/support/second-factor.ts';
import { contextOf, createMember, type Member, sql } from '#test/support/tenant.ts';

async function enrolled() {
  const member = await createMember();
  const { secret } = await enrolTotp(member.ctx);
  return { ...member, secret };
}

const sendCode = ({ token }: Member, code: string) => call(confirmTotp, { token, body: { code } });

describe('succeeds', () => {
  test('with ten different recovery codes of 120 bits in groups', async () => {
    const member = await enrolled();
    const { status, body } = await sendCode(member, codeAt(member.secret, new Date()));
    expect(status).toBe(200);
    expect(new Set(body.recoveryCodes).size).toBe(10);
    for (const code of body.recoveryCodes) expect(code).toMatch(/^([a-z2-7]{4}-){5}[a-z2-7]{4}$/);
    const answer = await call(getTotpStatus, { token: member.token });
    expect(answer.body).toEqual({ isEnrolled: true, recoveryCodesLeft: 10 });
  });
});

describe('rejects', () => {
  test('a wrong code, and stays unconfirmed', async () => {
    const member = await enrolled();
    const { status, body } = await sendCode(member, wrongCodeAt(member.secret, new Date()));
    expect([status, body.code]).toEqual([401, 'invalid_mfa_code']);
    expect((await call(getTotpStatus, { token: member.token })).body.isEnrolled).toBe(false);
  });

  test('what was never enrolled', async () => {
    const { status, body } = await sendCode(await createMember(), '123456');
    expect([status, body.code]).toEqual([409, 'totp_not_enrolled']);
  });

  test('a second confirmation, with the same code or the next one', async () => {
    const member = await enrolled();
    const now = new Date();
    await sendCode(member, codeAt(member.secret, now));
    for (const instant of [now, new Date(now.getTime() + 30_000)])
      expect((await sendCode(member, codeAt(member.secret, instant))).body.code).toBe(
        'totp_already_enrolled',
      );
  });

  test('what is not six digits, before it counts', async () => {
    const member = await enrolled();
    for (const code of ['12345', 'abcdef', '1234567'])
      expect((await sendCode(member, code)).status).toBe(422);
    expect(await sql`select failed_attempts from totp_enrolments where user_id = ${member.userId}`).toEqual([
      { failed_attempts: 0 },
    ]);
  });
});

describe('protects', () => {
  test('against guessing: the third wrong code delays the next one, even a right one', async () => {
    const member = await enrolled();
    const { now } = member.ctx;
    const sendAt = (seconds: number, codeOf: typeof codeAt) => {
      const instant = new Date(now.getTime() + seconds * 1000);
      return confirm(contextOf(member.actor, instant), { code: codeOf(member.secret, instant) });
    };
    for (let count = 0; count < 3; count++)
      await expect(sendAt(0, wrongCodeAt)).rejects.toMatchObject({ code: 'invalid_mfa_code' });
    await expect(sendAt(7, codeAt)).rejects.toMatchObject({
      code: 'rate_limited',
      options: { retryAfterSeconds: 1 },
    });
    expect((await sendAt(8, codeAt)).recoveryCodes).toHaveLength(10);
  });

  test('the recovery codes: only hashes are kept, and the audit trail has none', async () => {
    const member = await enrolled();
    const { body } = await sendCode(member, codeAt(member.secret, new Date()));
    const stored = await sql`select * from recovery_codes where user_id = ${member.userId}`;
    const events = await sql`select action, changes from audit_events where actor_id = ${member.userId}`;
    expect(events.map(({ action }) => action)).toEqual(['totp.enrol', 'totp.confirm']);
    const kept = JSON.stringify([stored, events]);
    for (const code of body.recoveryCodes) {
      expect(kept).not.toContain(code);
      expect(kept).not.toContain(code.replaceAll('-', ''));
    }
  });
});
