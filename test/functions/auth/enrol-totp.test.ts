import { Secret } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { handler as confirmTotp } from '#functions/auth/confirm-totp.ts';
import { handler as enrolTotp } from '#functions/auth/enrol-totp.ts';
import { handler as getTotpStatus } from '#functions/auth/get-totp-status.ts';
import { call } from '#test/support/call.ts';
import { codeAt, giveSecondFactor } from '#test/support/second-factor.ts';
import { createMember, sql } from '#test/support/tenant.ts';

describe('succeeds', () => {
  test('with a secret of 160 bits and its URI, which nothing may keep', async () => {
    const { token, email } = await createMember();
    const { status, body, headers } = await call(enrolTotp, { token });
    expect(status).toBe(201);
    expect(Secret.fromBase32(body.secret).bytes).toHaveLength(20);
    const uri = new URL(body.otpauthUri);
    expect(decodeURIComponent(uri.pathname)).toBe(`/localhost:${email}`);
    expect(Object.fromEntries(uri.searchParams)).toMatchObject({ issuer: 'localhost', secret: body.secret });
    expect(headers['cache-control']).toBe('no-store');
  });

  test('and changes nothing until it is confirmed', async () => {
    const { token } = await createMember();
    await call(enrolTotp, { token });
    expect((await call(getTotpStatus, { token })).body).toEqual({ isEnrolled: false, recoveryCodesLeft: 0 });
  });

  test('again, and replaces the secret that was never confirmed', async () => {
    const { token } = await createMember();
    const first = await call(enrolTotp, { token });
    const second = await call(enrolTotp, { token });
    expect(second.status).toBe(201);
    const confirm = ({ body }: typeof first) =>
      call(confirmTotp, { token, body: { code: codeAt(body.secret, new Date()) } });
    expect((await confirm(first)).body.code).toBe('invalid_mfa_code');
    expect((await confirm(second)).status).toBe(200);
  });
});

describe('rejects', () => {
  test('a second enrolment, and leaves the first as it is', async () => {
    const member = await createMember();
    await giveSecondFactor(member);
    const [before] = await sql`select * from totp_enrolments where user_id = ${member.userId}`;
    const { status, body } = await call(enrolTotp, { token: member.token });
    expect([status, body.code]).toEqual([409, 'totp_already_enrolled']);
    expect(await sql`select * from totp_enrolments where user_id = ${member.userId}`).toEqual([before]);
  });
});

describe('protects', () => {
  test('the secret: it is sealed, and not in the audit trail', async () => {
    const { token, userId } = await createMember();
    const { body } = await call(enrolTotp, { token });
    const [row] = await sql`select * from totp_enrolments where user_id = ${userId}`;
    expect(JSON.stringify(row)).not.toContain(body.secret);
    const events = await sql`select action, changes from audit_events where actor_id = ${userId}`;
    expect(events).toEqual([{ action: 'totp.enrol', changes: {} }]);
  });
});
