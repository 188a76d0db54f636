import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as refreshSession } from '#functions/auth/refresh-session.ts';
import { handler as switchOrganization } from '#functions/auth/switch-organization.ts';
import { updateMember } from '#lib/organizations/update-member.ts';
import { refreshSession as refresh } from '#lib/sessions/refresh-session.ts';
import { switchOrganization as change } from '#lib/sessions/switch-organization.ts';
import { call } from '#test/support/call.ts';
import { logIn } from '#test/support/scenario.ts';
import { createMember, createTenant, sql } from '#test/support/tenant.ts';

async function setUp() {
  const member = await createMember();
  const tenant = await createTenant();
  const { organizationId } = tenant;
  await sql`insert into memberships (organization_id, user_id, role)
    values (${organizationId}, ${member.userId}, 'viewer')`;
  const tokens = await logIn(member);
  const post = (token: string, id = organizationId) =>
    call(switchOrganization, { token, body: { organizationId: id } });
  return { member, tenant, organizationId, tokens, post };
}

describe('succeeds', () => {
  test('the next tokens act there with the role there, the ones before are refused', async () => {
    const { member, organizationId, tokens, post } = await setUp();
    const { status, body, cookies } = await post(tokens.accessToken);
    expect([status, cookies.length]).toEqual([200, 3]);
    expect(cookies[1]).toContain(body.refreshToken);
    const me = await call(getCurrentUser, { token: body.accessToken });
    expect(me.body.organization).toEqual({ id: organizationId, name: 'Test', role: 'viewer' });
    expect((await call(getCurrentUser, { token: tokens.accessToken })).status).toBe(401);
    expect((await call(getCurrentUser, { token: member.token })).status).toBe(200);
    const refreshed = await call(refreshSession, { body: { refreshToken: body.refreshToken } });
    expect(decodeJwt(refreshed.body.accessToken)).toMatchObject({ org: organizationId, roles: ['viewer'] });
    expect(decodeJwt(body.accessToken).auth_time).toBe(decodeJwt(tokens.accessToken).auth_time);
  });

  test('and back again', async () => {
    const { member, tokens, post } = await setUp();
    const there = await post(tokens.accessToken);
    const back = await post(there.body.accessToken, member.actor.organizationId);
    const me = await call(getCurrentUser, { token: back.body.accessToken });
    expect(me.body.organization.id).toBe(member.actor.organizationId);
  });
});

describe('rejects', () => {
  test('an organization of others like one that does not exist, and changes nothing', async () => {
    const { member, tokens, post } = await setUp();
    const { organizationId: foreign } = await createTenant();
    const missing = foreign.replace(/.{12}$/, 'ffffffffffff');
    const [a, b] = [await post(tokens.accessToken, foreign), await post(tokens.accessToken, missing)];
    expect(a.status).toBe(404);
    const { requestId: _, ...expected } = b.body;
    expect({ ...a.body, detail: a.body.detail.replace(foreign, missing) }).toMatchObject(expected);
    const me = await call(getCurrentUser, { token: tokens.accessToken });
    expect(me.body.organization.id).toBe(member.actor.organizationId);
  });
});

describe('protects', () => {
  test('the refresh token of before counts as exchanged: used later, it ends the session', async () => {
    const { member, tokens, post } = await setUp();
    const { body } = await post(tokens.accessToken);
    const later = { ...member.ctx, actor: undefined, now: new Date(Date.now() + 11_000) };
    await expect(refresh(later, tokens.refreshToken)).rejects.toMatchObject({
      code: 'invalid_refresh_token',
    });
    expect((await call(getCurrentUser, { token: body.accessToken })).status).toBe(401);
  });

  test('a copy of a refresh token that was exchanged a moment before it: used again, it ends the session', async () => {
    const { tokens, post } = await setUp();
    const exchange = () => call(refreshSession, { body: { refreshToken: tokens.refreshToken } });
    const { body } = await exchange();
    const there = await post(body.accessToken);
    expect(there.status).toBe(200);
    expect((await exchange()).body.code).toBe('invalid_refresh_token');
    expect((await call(getCurrentUser, { token: there.body.accessToken })).status).toBe(401);
  });

  test('a role that changes at the same moment: no token with the old one works', {
    repeats: 4,
  }, async () => {
    const { member, tenant, organizationId } = await setUp();
    const owner = await tenant.addMember();
    await sql`update memberships set role = 'editor'
        where organization_id = ${organizationId} and user_id = ${member.userId}`;
    const [{ accessToken }] = await Promise.all([
      change(member.ctx, organizationId),
      updateMember(owner.ctx, { id: organizationId, userId: member.userId }, { role: 'viewer' }),
    ]);
    const works = (await call(getCurrentUser, { token: accessToken })).status === 200;
    expect(works && decodeJwt(accessToken).roles).not.toEqual(['editor']);
  });
});
