import { expect, test, vi } from 'vitest';
import { handler } from '#functions/monitoring/validate-authentication.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { revokeSession } from '#lib/sessions/revoke-session.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createKey, logIn } from '#test/support/scenario.ts';
import { giveSecondFactor } from '#test/support/second-factor.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

type Vector = { name: string; expected: string; outcome: string; code: string | null; status: string };

const fault = vi.hoisted(() => ({ acceptsAll: false, forgetsCodes: false }));
vi.mock('#lib/auth/verify-access-token.ts', async (original) => {
  const real = await original<typeof import('#lib/auth/verify-access-token.ts')>();
  return {
    ...real,
    async verifyAccessToken(token: string, now: Date) {
      if (!fault.acceptsAll || token.startsWith('aaaa.')) return real.verifyAccessToken(token, now);
      const { sub, org, sid, gen, roles } = JSON.parse(
        Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
      );
      const session = { id: sid, generation: gen, authenticatedAtSeconds: 0 };
      return { type: 'user', userId: sub, organizationId: org, roles, session };
    },
  };
});
vi.mock('#lib/totp/lock-enrolment.ts', async (original) => {
  const real = await original<typeof import('#lib/totp/lock-enrolment.ts')>();
  return {
    ...real,
    async lockEnrolment(...parameters: Parameters<typeof real.lockEnrolment>) {
      const enrolment = await real.lockEnrolment(...parameters);
      return enrolment && fault.forgetsCodes ? { ...enrolment, lastUsedStep: 0 } : enrolment;
    },
  };
});

const rowsOf = ({ userId }: Member) => sql`
  select (select json_agg(t) from totp_enrolments t where user_id = ${userId}) as totp,
    (select count(*) from api_keys where user_id = ${userId}) as keys,
    (select count(*) from sessions where user_id = ${userId}) as sessions,
    (select count(*) from audit_events where actor_id = ${userId}) as audit`;

test('every forgery is refused, everything good is accepted, and no row stays', async () => {
  const operator = await createMember('owner', 'operator');
  const { refreshToken } = await logIn(operator);
  await revokeSession(operator.ctx, sessionIdOf(refreshToken));
  await giveSecondFactor(operator);
  const before = await rowsOf(operator);
  const { body, status } = await call(handler, { token: operator.token });
  expect(status).toBe(200);
  expect(body.vectors.filter((vector: Vector) => vector.status === 'fail')).toEqual([]);
  expect(body.status).toBe('pass');
  const negatives = body.vectors.filter(({ expected }: Vector) => expected === 'refused');
  expect(negatives.length).toBeGreaterThanOrEqual(25);
  expect(body.vectors.length - negatives.length).toBeGreaterThanOrEqual(4);
  expect(negatives.map(({ code }: Vector) => code)).toEqual(
    expect.arrayContaining(['unauthenticated', 'csrf_failed', 'invalid_mfa_code']),
  );
  expect(await rowsOf(operator)).toEqual(before);
});

test('answers an API key as well, which has no session', async () => {
  const { headers } = await createKey(await createMember('operator'), ['ops:read']);
  const { body } = await call(handler, { headers });
  expect(body.status).toBe('pass');
});

test('a verifier that accepts everything fails by name, and is logged as an error', async () => {
  const { token } = await createMember('operator');
  fault.acceptsAll = true;
  const { body } = await call(handler, { token });
  fault.acceptsAll = false;
  expect(body.status).toBe('fail');
  const failed = body.vectors
    .filter((vector: Vector) => vector.status === 'fail')
    .map(({ name }: Vector) => name);
  expect(failed).toEqual(
    expect.arrayContaining([
      'token: alg none',
      'token: signed with the public key as a shared secret (HS256)',
      'token: expired',
      'token: another audience',
      'token: changed after it was signed',
    ]),
  );
  expect(takeErrorLogs()).toEqual([[expect.any(String), { vectors: failed }]]);
});

test('a second factor that forgets what it has seen fails by name', async () => {
  const { token } = await createMember('operator');
  fault.forgetsCodes = true;
  const { body } = await call(handler, { token });
  fault.forgetsCodes = false;
  expect(body.vectors.filter((vector: Vector) => vector.status === 'fail')).toMatchObject([
    { name: 'second factor: a code that was used' },
  ]);
  expect(takeErrorLogs()).toHaveLength(1);
});
