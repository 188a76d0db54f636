import { describe, expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as listSessions } from '#functions/auth/list-sessions.ts';
import { handler as logout } from '#functions/auth/logout.ts';
import { handler as refreshSession } from '#functions/auth/refresh-session.ts';
import { handler as revokeSession } from '#functions/auth/revoke-session.ts';
import { handler as revokeSessions } from '#functions/auth/revoke-sessions.ts';
import { getRedis } from '#lib/redis/client.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { call } from '#test/support/call.ts';
import { logIn } from '#test/support/scenario.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const statusOf = async (token: string) => (await call(getCurrentUser, { token })).status;

describe('succeeds', () => {
  test('the list shows the sessions that live, and which one asks', async () => {
    const member = await createMember();
    const other = await logIn(member);
    const { body } = await call(listSessions, { token: member.token });
    expect(body.items).toHaveLength(2);
    expect(body.items).toContainEqual(
      expect.objectContaining({ id: sessionIdOf(other.refreshToken), isCurrent: false, userAgent: 'test' }),
    );
    expect(body.items).toContainEqual(
      expect.objectContaining({ id: member.actor.session.id, isCurrent: true }),
    );
    expect(JSON.stringify(body)).not.toContain('token');
  });

  test('the list leaves out a session that idled to its end, and none that a token may still have used', async () => {
    const member = await createMember();
    const id = sessionIdOf((await logIn(member)).refreshToken);
    const list = async () => (await call(listSessions, { token: member.token })).body.items;
    await sql`update sessions set last_used_at = now() - interval '44 min' where id = ${id}`;
    expect(await list()).toHaveLength(2);
    await sql`update sessions set last_used_at = now() - interval '46 min' where id = ${id}`;
    expect(await list()).toMatchObject([{ isCurrent: true }]);
  });

  test('an ended session is refused by the very next request, and cannot be refreshed', async () => {
    const member = await createMember();
    const other = await logIn(member);
    expect(await statusOf(other.accessToken)).toBe(200);
    const id = sessionIdOf(other.refreshToken);
    expect((await call(revokeSession, { token: member.token, params: { id } })).status).toBe(204);
    expect(await statusOf(other.accessToken)).toBe(401);
    expect((await call(refreshSession, { body: { refreshToken: other.refreshToken } })).status).toBe(401);
    expect(await statusOf(member.token)).toBe(200);
    expect((await call(listSessions, { token: member.token })).body.items).toHaveLength(1);
    expect((await call(revokeSession, { token: member.token, params: { id } })).status).toBe(404);
  });

  test('two log-outs at once both end the session', async () => {
    const { token } = await createMember();
    const answers = await Promise.all([call(logout, { token }), call(logout, { token })]);
    expect(answers.every(({ status }) => [204, 401].includes(status))).toBe(true);
    expect(await statusOf(token)).toBe(401);
  });

  test('all others, or all', async () => {
    const member = await createMember();
    const others = [await logIn(member), await logIn(member)];
    await call(revokeSessions, { token: member.token, query: 'except=current' });
    for (const { accessToken } of others) expect(await statusOf(accessToken)).toBe(401);
    expect(await statusOf(member.token)).toBe(200);
    await call(revokeSessions, { token: member.token });
    expect(await statusOf(member.token)).toBe(401);
  });

  test('a log-out ends the session and takes the cookies away', async () => {
    const tokens = await logIn(await createMember());
    const { status, cookies } = await call(logout, { token: tokens.accessToken });
    expect(status).toBe(204);
    expect(cookies).toHaveLength(3);
    for (const cookie of cookies) expect(cookie).toMatch(/^\w+=; Path=[\w/]+; Max-Age=0/);
    expect(await statusOf(tokens.accessToken)).toBe(401);
  });
});

describe('protects', () => {
  test('after a flush of Redis PostgreSQL still knows who was logged out', async () => {
    const member = await createMember();
    const other = await logIn(member);
    await call(revokeSession, { token: member.token, params: { id: sessionIdOf(other.refreshToken) } });
    await getRedis().del(`session:${sessionIdOf(other.refreshToken)}`, `session:${member.actor.session.id}`);
    for (let count = 0; count < 3; count++) {
      expect(await statusOf(other.accessToken)).toBe(401);
      expect(await statusOf(member.token)).toBe(200);
    }
  });

  test('a late memory of a session does not bring it back', async () => {
    const member = await createMember();
    const other = await logIn(member);
    const id = sessionIdOf(other.refreshToken);
    // Read from PostgreSQL here; on its way to Redis when the session ends.
    expect(await statusOf(other.accessToken)).toBe(200);
    await call(revokeSession, { token: (await logIn(member)).accessToken, params: { id } });
    for (let count = 0; count < 3; count++) expect(await statusOf(other.accessToken)).toBe(401);
  });
});
