import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { handler as enrolTotp } from '#functions/auth/enrol-totp.ts';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as refreshSession } from '#functions/auth/refresh-session.ts';
import { handler as stepUpSession } from '#functions/auth/step-up-session.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { revokeSession } from '#lib/sessions/revoke-session.ts';
import { stepUpSession as stepUp } from '#lib/sessions/step-up-session.ts';
import { call } from '#test/support/call.ts';
import { logIn } from '#test/support/scenario.ts';
import { codeAt, giveSecondFactor, setPassword, wrongCodeAt } from '#test/support/second-factor.ts';
import { contextOf, createMember, type Member, sql } from '#test/support/tenant.ts';

const password = 'correct horse battery staple';

/** A member who logged in eleven minutes ago. */
async function createStale(): Promise<Member> {
  const member = await createMember();
  await setPassword(member, password);
  const authenticatedAtSeconds = member.actor.session.authenticatedAtSeconds - 11 * 60;
  const actor = { ...member.actor, session: { ...member.actor.session, authenticatedAtSeconds } };
  await sql`
    update sessions set authenticated_at = to_timestamp(${authenticatedAtSeconds}) where id = ${actor.session.id}`;
  const { accessToken } = await issueAccessToken(actor, new Date(), new Date(Date.now() + 3_600_000));
  return { ...member, actor, ctx: contextOf(actor), token: accessToken };
}

const prove = ({ token }: Member, body: object) => call(stepUpSession, { token, body });

describe('succeeds', () => {
  test('with the password, and the new token opens what the old one does not', async () => {
    const member = await createStale();
    expect((await call(enrolTotp, { token: member.token })).body.code).toBe('step_up_required');
    const { status, body, cookies } = await prove(member, { password });
    expect(status).toBe(200);
    expect(cookies).toHaveLength(3);
    const [before, after] = [decodeJwt(member.token), decodeJwt(body.accessToken)];
    expect(after).toMatchObject({ sid: before.sid, gen: before.gen, roles: before.roles });
    expect(Number(after.auth_time)).toBeGreaterThan(Number(before.auth_time) + 600);
    expect((await call(enrolTotp, { token: body.accessToken })).status).toBe(201);
    expect((await call(getCurrentUser, { token: member.token })).status).toBe(200);
    expect((await call(enrolTotp, { token: member.token })).body.code).toBe('step_up_required');
  });

  test('and a refresh carries the proof on', async () => {
    const { body } = await prove(await createStale(), { password });
    const refreshed = await call(refreshSession, { body: { refreshToken: body.refreshToken } });
    expect(decodeJwt(refreshed.body.accessToken).auth_time).toBe(decodeJwt(body.accessToken).auth_time);
  });

  test.each(['app', 'recovery'])('with a code (%s) where there is a second factor', async (kind) => {
    const member = await createStale();
    const { secret, recoveryCodes } = await giveSecondFactor(member);
    const code = kind === 'app' ? codeAt(secret, new Date()) : recoveryCodes[0];
    expect((await prove(member, { code })).status).toBe(200);
    const [session] =
      await sql`select authentication_methods::text as methods from sessions where id = ${member.actor.session.id}`;
    expect(session?.methods).toBe(kind === 'app' ? '{pwd,otp}' : '{pwd,mfa}');
  });

  test('and is recorded, without the proof itself', async () => {
    const member = await createStale();
    await prove(member, { password });
    const [event] = await sql`
      select entity_id, changes from audit_events where actor_id = ${member.userId} and action = 'session.step_up'`;
    expect(event).toEqual({ entity_id: member.actor.session.id, changes: { method: { after: 'pwd' } } });
  });
});

describe('rejects', () => {
  test('a wrong password, or a code where there is no second factor', async () => {
    const member = await createStale();
    for (const body of [{ password: 'wrong' }, { code: '123456' }]) {
      const answer = await prove(member, body);
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid_credentials']);
    }
  });

  test('a password where there is a second factor', async () => {
    const member = await createStale();
    const { secret } = await giveSecondFactor(member);
    expect((await prove(member, { password })).body.code).toBe('mfa_required');
    const code = wrongCodeAt(secret, new Date());
    expect((await prove(member, { password, code })).body.code).toBe('invalid_mfa_code');
  });

  test('nothing at all', async () => {
    expect((await prove(await createStale(), {})).status).toBe(422);
  });

  test('a code that was used', async () => {
    const member = await createStale();
    const { secret } = await giveSecondFactor(member);
    const code = codeAt(secret, new Date());
    expect((await prove(member, { code })).status).toBe(200);
    expect((await prove(member, { code })).body.code).toBe('invalid_mfa_code');
  });

  test('a session that ended meanwhile', async () => {
    const member = await createStale();
    await revokeSession(member.ctx, member.actor.session.id);
    await expect(stepUp(member.ctx, { password })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await prove(member, { password })).body.code).toBe('unauthenticated');
  });
});

describe('protects', () => {
  test('against replay: of ten step-ups with one code at once, one succeeds', async () => {
    const member = await createStale();
    const { secret } = await giveSecondFactor(member);
    const code = codeAt(secret, new Date());
    const answers = await Promise.all(Array.from({ length: 10 }, () => prove(member, { code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('against guessing passwords with a stolen session', async () => {
    const member = await createStale();
    for (let count = 0; count < rateLimits.login.burst.limit; count++) await prove(member, {});
    expect((await prove(member, { password })).body.code).toBe('rate_limited');
  });

  test('the proof against a copy of an earlier refresh token', async () => {
    const member = await createMember();
    await setPassword(member, password);
    const { refreshToken } = await logIn(member);
    const session = { ...member.actor.session, id: sessionIdOf(refreshToken) };
    await stepUp(contextOf({ ...member.actor, session }), { password });
    await sql`update refresh_tokens set rotated_at = rotated_at - interval '11 s' where session_id = ${session.id}`;
    const copy = await call(refreshSession, { body: { refreshToken } });
    expect(copy.body.code).toBe('invalid_refresh_token');
    const [row] = await sql`select revoked_at from sessions where id = ${session.id}`;
    expect(row?.revoked_at).not.toBeNull();
  });

  test('the proof against a copy that was exchanged a moment before it', async () => {
    const member = await createMember();
    await setPassword(member, password);
    const { refreshToken } = await logIn(member);
    const exchange = () => call(refreshSession, { body: { refreshToken } });
    const { body } = await exchange();
    expect((await prove({ ...member, token: body.accessToken }, { password })).status).toBe(200);
    expect((await exchange()).body.code).toBe('invalid_refresh_token');
    const [row] = await sql`select revoked_at from sessions where id = ${sessionIdOf(refreshToken)}`;
    expect(row?.revoked_at).not.toBeNull();
  });

  test('other sessions: their proof stays as old as it is', async () => {
    const member = await createStale();
    const other = sessionIdOf((await logIn(member, new Date(Date.now() - 3_600_000))).refreshToken);
    const authenticatedAt = () => sql`select authenticated_at from sessions where id = ${other}`;
    const [before] = await authenticatedAt();
    await prove(member, { password });
    expect(await authenticatedAt()).toEqual([before]);
  });
});
