import { describe, expect, test } from 'vitest';
import { handler as switchOrganization } from '#functions/auth/switch-organization.ts';
import { handler as acceptInvitation } from '#functions/organizations/accept-invitation.ts';
import { acceptOwnInvitation } from '#lib/organizations/accept-invitation.ts';
import { createInvitation } from '#lib/organizations/create-invitation.ts';
import { revokeInvitation } from '#lib/organizations/revoke-invitation.ts';
import { call } from '#test/support/call.ts';
import { newestToken } from '#test/support/mailbox.ts';
import { contextOf, createMember, type Member, sql } from '#test/support/tenant.ts';

const accept = ({ token }: Member, invitation: string) =>
  call(acceptInvitation, { token, body: { token: invitation } });

async function setUp() {
  const [owner, invited] = [await createMember(), await createMember('viewer')];
  const { organizationId } = owner.actor;
  const invite = async (role?: 'owner' | 'editor') => {
    const { id } = await createInvitation(owner.ctx, organizationId, { email: invited.email, role });
    return { id, token: await newestToken(invited.email) };
  };
  const memberships = () =>
    sql`select role from memberships where organization_id = ${organizationId} and user_id = ${invited.userId}`;
  return { owner, invited, organizationId, invite, memberships };
}

/** What nobody may tell apart. */
const publicPart = ({ status, body }: Awaited<ReturnType<typeof call>>) => {
  const { requestId: _, ...rest } = body;
  return { status, ...rest };
};

describe('succeeds', () => {
  test('the person is a member, with the role of the invitation, and can switch to it', async () => {
    const { invited, organizationId, invite, memberships } = await setUp();
    const { id, token } = await invite('editor');
    const { status, body } = await accept(invited, token);
    expect([status, body]).toEqual([200, { organizationId, role: 'editor' }]);
    expect(await memberships()).toEqual([{ role: 'editor' }]);
    const switched = await call(switchOrganization, { token: invited.token, body: { organizationId } });
    expect(switched.status).toBe(200);
    expect(
      await sql`select actor_id, organization_id from audit_events
      where entity_id = ${id} and action = 'invitation.accept'`,
    ).toEqual([{ actor_id: invited.userId, organization_id: organizationId }]);
  });

  test('in whatever case the account has its address', async () => {
    const { invited, invite } = await setUp();
    const { token } = await invite();
    await expect(acceptOwnInvitation({ ...invited.ctx, actor: invited.actor }, token)).resolves.toMatchObject(
      { role: 'viewer' },
    );
  });

  test('who is a member by now keeps the role', async () => {
    const { invited, organizationId, invite, memberships } = await setUp();
    const { token } = await invite('owner');
    await sql`insert into memberships (organization_id, user_id, role)
      values (${organizationId}, ${invited.userId}, 'viewer')`;
    expect((await accept(invited, token)).body).toEqual({ organizationId, role: 'viewer' });
    expect(await memberships()).toEqual([{ role: 'viewer' }]);
  });
});

describe('rejects', () => {
  test('a token that was used, replaced, revoked or has expired like one that never was', async () => {
    const { owner, invited, organizationId, invite, memberships } = await setUp();
    const unknown = publicPart(await accept(invited, 'A'.repeat(43)));
    expect(unknown).toMatchObject({ status: 400, code: 'invitation_invalid' });
    const replaced = await invite();
    const revoked = await invite();
    await revokeInvitation(owner.ctx, { id: organizationId, invitationId: revoked.id });
    for (const { token } of [replaced, revoked])
      expect(publicPart(await accept(invited, token))).toEqual(unknown);
    const expired = await invite();
    const later = contextOf(invited.actor, new Date(Date.now() + 7 * 86_400_000 + 60_000));
    await expect(acceptOwnInvitation(later, expired.token)).rejects.toMatchObject({
      code: 'invitation_invalid',
    });
    expect(await memberships()).toEqual([]);
    const used = await invite();
    await accept(invited, used.token);
    expect(publicPart(await accept(invited, used.token))).toEqual(unknown);
  });
});

describe('protects', () => {
  test('from another person: the answer is that of an unknown token, and the invitation stays', async () => {
    const { invited, invite, memberships } = await setUp();
    const thief = await createMember();
    const { token } = await invite();
    expect(publicPart(await accept(thief, token))).toEqual(publicPart(await accept(thief, 'A'.repeat(43))));
    expect((await accept(invited, token)).status).toBe(200);
    expect(await memberships()).toHaveLength(1);
  });

  test('used twice at the same time: one membership, one success', { repeats: 4 }, async () => {
    const { invited, invite, memberships } = await setUp();
    const { token } = await invite();
    const answers = await Promise.all([accept(invited, token), accept(invited, token)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(await memberships()).toHaveLength(1);
  });
});
