import { describe, expect, test } from 'vitest';
import { handler as enrolTotp } from '#functions/auth/enrol-totp.ts';
import { handler as getTotpStatus } from '#functions/auth/get-totp-status.ts';
import { handler as replaceRecoveryCodes } from '#functions/auth/replace-recovery-codes.ts';
import { handler as stepUpSession } from '#functions/auth/step-up-session.ts';
import { call } from '#test/support/call.ts';
import { giveSecondFactor } from '#test/support/second-factor.ts';
import { createMember } from '#test/support/tenant.ts';

describe('succeeds', () => {
  test('with ten new codes, and the old ones work no more', async () => {
    const member = await createMember();
    const { token } = member;
    const { recoveryCodes: old } = await giveSecondFactor(member);
    await call(stepUpSession, { token, body: { code: old[0] } });
    const { status, body } = await call(replaceRecoveryCodes, { token });
    expect(status).toBe(200);
    expect(new Set([...old, ...body.recoveryCodes]).size).toBe(20);
    expect((await call(getTotpStatus, { token })).body.recoveryCodesLeft).toBe(10);
    expect((await call(stepUpSession, { token, body: { code: old[1] } })).body.code).toBe('invalid_mfa_code');
    expect((await call(stepUpSession, { token, body: { code: body.recoveryCodes[0] } })).status).toBe(200);
  });
});

describe('rejects', () => {
  test('an account without a confirmed second factor', async () => {
    const { token } = await createMember();
    const attempt = async () => (await call(replaceRecoveryCodes, { token })).body.code;
    expect(await attempt()).toBe('totp_not_enrolled');
    await call(enrolTotp, { token });
    expect(await attempt()).toBe('totp_not_enrolled');
  });
});
