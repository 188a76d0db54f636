import { describe, expect, test } from 'vitest';
import { handler as enrolTotp } from '#functions/auth/enrol-totp.ts';
import { handler as getTotpStatus } from '#functions/auth/get-totp-status.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as removeTotp } from '#functions/auth/remove-totp.ts';
import { call } from '#test/support/call.ts';
import { giveSecondFactor, setPassword } from '#test/support/second-factor.ts';
import { createMember, sql } from '#test/support/tenant.ts';

describe('succeeds', () => {
  test('and from then on the password is enough; one may enrol again', async () => {
    const member = await createMember();
    const { token, userId, email } = member;
    await setPassword(member, 'a password');
    await giveSecondFactor(member);
    expect((await call(removeTotp, { token })).status).toBe(204);
    expect(await sql`select 1 from recovery_codes where user_id = ${userId}`).toEqual([]);
    expect((await call(getTotpStatus, { token })).body).toEqual({ isEnrolled: false, recoveryCodesLeft: 0 });
    expect((await call(login, { body: { email, password: 'a password' } })).status).toBe(200);
    expect((await call(enrolTotp, { token })).status).toBe(201);
  });

  test('twice, and records it once', async () => {
    const member = await createMember();
    await giveSecondFactor(member);
    for (let count = 0; count < 2; count++)
      expect((await call(removeTotp, { token: member.token })).status).toBe(204);
    const events =
      await sql`select action from audit_events where actor_id = ${member.userId} and action = 'totp.remove'`;
    expect(events).toHaveLength(1);
  });
});

describe('protects', () => {
  test("another user's second factor", async () => {
    const [member, other] = [await createMember(), await createMember()];
    await giveSecondFactor(member);
    await giveSecondFactor(other);
    await call(removeTotp, { token: member.token });
    const { body } = await call(getTotpStatus, { token: other.token });
    expect(body).toEqual({ isEnrolled: true, recoveryCodesLeft: 10 });
  });
});
