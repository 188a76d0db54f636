import { decodeJwt } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as refreshSession } from '#functions/auth/refresh-session.ts';
import { handler as stepUpSession } from '#functions/auth/step-up-session.ts';
import { updateMember } from '#lib/organizations/update-member.ts';
import { getRedis } from '#lib/redis/client.ts';
import { tellFleet } from '#lib/sessions/fleet-state.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { refreshSession as refresh } from '#lib/sessions/refresh-session.ts';
import { call } from '#test/support/call.ts';
import { logIn } from '#test/support/scenario.ts';
import { setPassword } from '#test/support/second-factor.ts';
import { contextOf, createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

const exchange = (refreshToken: string | undefined) => call(refreshSession, { body: { refreshToken } });
const isAlive = async (token: string) => (await call(getCurrentUser, { token })).status === 200;

/** Refreshes as if `seconds` had passed since the member was made. */
function refreshLater(member: Member, refreshToken: string, seconds: number) {
  const now = new Date(member.ctx.now.getTime() + seconds * 1000);
  return refresh({ ...contextOf(undefined as never, now), actor: undefined }, refreshToken);
}

describe('succeeds', () => {
  test('with new tokens of the same session, and each refresh token leads to the next', async () => {
    const member = await createMember('editor');
    const first = await logIn(member);
    const { status, body, cookies } = await exchange(first.refreshToken);
    expect(status).toBe(200);
    expect(body.refreshToken).not.toBe(first.refreshToken);
    expect(decodeJwt(body.accessToken).sid).toBe(decodeJwt(first.accessToken).sid);
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual([
      'auth_token',
      'refresh_token',
      'csrf_token',
    ]);
    expect(await isAlive(body.accessToken)).toBe(true);
    expect((await exchange(body.refreshToken)).status).toBe(200);
  });

  test('with the roles of now', async () => {
    const member = await createMember('editor');
    const { refreshToken } = await logIn(member);
    await sql`update memberships set role = 'viewer' where user_id = ${member.userId}`;
    expect(decodeJwt((await exchange(refreshToken)).body.accessToken).roles).toEqual(['viewer']);
  });

  test('for a browser, which sends its cookies and the anti-forgery token', async () => {
    const tokens = await logIn(await createMember());
    const cookies = [`refresh_token=${tokens.refreshToken}`, `csrf_token=${tokens.csrfToken}`];
    const send = (headers: Record<string, string>) =>
      call(refreshSession, {
        cookies,
        headers: { 'content-type': 'application/json', ...headers },
        body: {},
      });
    for (const headers of [
      {},
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'cross-site', 'x-csrf-token': tokens.csrfToken },
      { 'sec-fetch-site': 'same-origin', 'x-csrf-token': 'made-up' },
    ])
      expect((await send(headers as Record<string, string>)).body.code).toBe('csrf_failed');
    const allowed = { 'sec-fetch-site': 'same-origin', 'x-csrf-token': tokens.csrfToken };
    expect((await send(allowed)).status).toBe(200);
  });

  test('for two tabs that refresh at the same moment: both go on', async () => {
    const { refreshToken } = await logIn(await createMember());
    const tabs = await Promise.all([exchange(refreshToken), exchange(refreshToken), exchange(refreshToken)]);
    expect(tabs.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { body } of tabs) expect((await exchange(body.refreshToken)).status).toBe(200);
  });
});

describe('rejects', () => {
  test.each([undefined, '', 'x', 'a.b', `01980000-0000-7000-8000-00000000000b.${'x'.repeat(43)}`, 'é\u0001'])(
    'the token %j',
    async (token) => {
      const { status, body } = await exchange(token);
      expect([status, body.code]).toEqual([401, 'invalid_refresh_token']);
    },
  );

  test('a session that was not used for 30 minutes, but not one that Redis has seen since', async () => {
    const idle = await createMember();
    const { refreshToken } = await logIn(idle);
    await expect(refreshLater(idle, refreshToken, 1801)).rejects.toMatchObject({
      code: 'invalid_refresh_token',
    });
    const busy = await createMember();
    const tokens = await logIn(busy);
    // The first request finds the session in PostgreSQL, the second carries it to Redis.
    await call(getCurrentUser, { token: tokens.accessToken });
    await call(getCurrentUser, { token: tokens.accessToken });
    expect(await refreshLater(busy, tokens.refreshToken, 1801)).toMatchObject({ tokenType: 'Bearer' });
  });

  test('a session that was not used for 30 minutes, though its role changed since', async () => {
    const tenant = await createTenant();
    const [owner, member] = [await tenant.addMember(), await tenant.addMember(['editor'])];
    const { refreshToken } = await logIn(member);
    await sql`update sessions set last_used_at = now() - interval '31 min' where id = ${sessionIdOf(refreshToken)}`;
    const params = { id: tenant.organizationId, userId: member.userId };
    await updateMember(owner.ctx, params, { role: 'viewer' });
    expect((await exchange(refreshToken)).body.code).toBe('invalid_refresh_token');
  });

  test('a session that was not used for 30 minutes, though only its refresh tells Redis of the last use', async () => {
    const { accessToken, refreshToken } = await logIn(await createMember());
    expect(await isAlive(accessToken)).toBe(true);
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 60_000 });
    expect((await exchange(refreshToken)).body.code).toBe('invalid_refresh_token');
  });

  test('no session that Redis learns of late, 29 minutes after its last use', async () => {
    const { accessToken, refreshToken } = await logIn(await createMember());
    await sql`update sessions set last_used_at = now() - interval '14 min' where id = ${sessionIdOf(refreshToken)}`;
    expect(await isAlive(accessToken)).toBe(true);
    onTestFinished(() => void vi.useRealTimers());
    const start = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: start + 9 * 60_000 });
    await call(getCurrentUser, {});
    const leftMs = await getRedis().pttl(`session:${sessionIdOf(refreshToken)}`);
    expect(leftMs).toBeGreaterThan(20 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(21 * 60_000);
    vi.setSystemTime(start + 29 * 60_000);
    expect((await exchange(refreshToken)).status).toBe(200);
  });

  test('a session after twelve hours, however busy; its last access token ends with it', async () => {
    const member = await createMember();
    let { refreshToken } = await logIn(member);
    const halfHours = 12 * 2;
    for (let count = 1; count < halfHours; count++)
      ({ refreshToken } = await refreshLater(member, refreshToken, count * 1800));
    const last = await refreshLater(member, refreshToken, halfHours * 1800 - 60);
    expect(last.expiresIn).toBeLessThanOrEqual(60);
    await expect(refreshLater(member, last.refreshToken, halfHours * 1800)).rejects.toMatchObject({
      code: 'invalid_refresh_token',
    });
  });

  test('who is no member any more', async () => {
    const member = await createMember();
    const { refreshToken } = await logIn(member);
    await sql`delete from memberships where user_id = ${member.userId}`;
    expect((await exchange(refreshToken)).status).toBe(401);
  });
});

describe('protects', () => {
  test('a proof of identity: a copy of the refresh token from before it does not get it', async () => {
    const member = await createMember();
    await setPassword(member, 'plinth-demo');
    const { accessToken, refreshToken } = await logIn(member);
    const proved = await call(stepUpSession, { token: accessToken, body: { password: 'plinth-demo' } });
    expect(proved.status).toBe(200);
    expect((await exchange(refreshToken)).body.code).toBe('invalid_refresh_token');
    expect(await isAlive(proved.body.accessToken)).toBe(false);
  });

  test('a proof of identity that is renewed while a copy of the refresh token waits for its session', async () => {
    const { refreshToken } = await logIn(await createMember());
    const id = sessionIdOf(refreshToken);
    const copy = await sql.begin(async (tx) => {
      await tx`update sessions set authenticated_at = now() where id = ${id}`;
      await tx`update refresh_tokens set rotated_at = to_timestamp(0) where session_id = ${id}`;
      const answer = exchange(refreshToken);
      const waiting = () =>
        sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      await expect.poll(waiting).toHaveLength(1);
      return { answer };
    });
    expect((await copy.answer).body.code).toBe('invalid_refresh_token');
    const [row] = await sql`select revoked_at from sessions where id = ${id}`;
    expect(row?.revoked_at).not.toBeNull();
  });

  test('a fleet that PostgreSQL contradicts: Redis can confirm a session, and nothing else', async () => {
    const member = await createMember();
    await tellFleet([{ id: member.actor.session.id, generation: 7 }]);
    expect(await isAlive(member.token)).toBe(true);
    await tellFleet([{ id: member.actor.session.id, generation: 0 }]);
    expect(await isAlive(member.token)).toBe(true);
    await sql`update sessions set generation = 2 where id = ${member.actor.session.id}`;
    expect(await isAlive(member.token)).toBe(false);
  });

  test('against a stolen token: its second use, ten seconds on, ends the session of both', async () => {
    const member = await createMember();
    const first = await logIn(member);
    const second = await refreshLater(member, first.refreshToken, 1);
    expect(await isAlive(second.accessToken)).toBe(true);
    await expect(refreshLater(member, first.refreshToken, 12)).rejects.toMatchObject({
      code: 'invalid_refresh_token',
    });
    expect((await exchange(second.refreshToken)).status).toBe(401);
    expect(await isAlive(second.accessToken)).toBe(false);
    expect(await isAlive(member.token)).toBe(true);
    const events =
      await sql`select action from audit_events where organization_id = ${member.actor.organizationId}`;
    expect(events.map(({ action }) => action)).toContain('session.reuse_detected');
  });

  test('what is stored: no refresh token can be read in the database', async () => {
    const { refreshToken } = await logIn(await createMember());
    const [row] =
      await sql`select count(*)::int as found from refresh_tokens where token_hash = ${refreshToken}`;
    expect(row?.found).toBe(0);
  });
});
