import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { handler as createInvitation } from '#functions/organizations/create-invitation.ts';
import { handler as listInvitations } from '#functions/organizations/list-invitations.ts';
import { handler as revokeInvitation } from '#functions/organizations/revoke-invitation.ts';
import { createInvitation as invite } from '#lib/organizations/create-invitation.ts';
import { updateOrganization } from '#lib/organizations/update-organization.ts';
import { call } from '#test/support/call.ts';
import { mailsTo, newestToken } from '#test/support/mailbox.ts';
import { createKey } from '#test/support/scenario.ts';
import { contextOf, createTenant, type Member, sql } from '#test/support/tenant.ts';

const post = ({ token, actor }: Member, body: object) =>
  call(createInvitation, { token, params: { id: actor.organizationId }, body });

const list = ({ token, actor }: Member, query: Record<string, string> = {}) =>
  call(listInvitations, { token, params: { id: actor.organizationId }, query });

const revoke = ({ token, actor }: Member, invitationId: string) =>
  call(revokeInvitation, { token, params: { id: actor.organizationId, invitationId } });

async function setUp() {
  const tenant = await createTenant();
  return {
    tenant,
    owner: await tenant.addMember(),
    admin: await tenant.addMember(['admin']),
    email: `${randomUUID()}@example.com`,
  };
}

describe('succeeds', () => {
  test('a mail has the token, of which the database and the answer have none', async () => {
    const { admin, email } = await setUp();
    const { status, body, text } = await post(admin, { email: email.toUpperCase(), role: 'editor' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      email,
      role: 'editor',
      invitedBy: admin.userId,
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    const days = (Date.parse(body.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(7, 1);
    const [mail] = await mailsTo(email);
    expect(mail?.subject).toBe('You are invited to an organization');
    expect(mail?.text).toContain(admin.email);
    expect(mail?.text).toContain('http://localhost:3000/invitations/accept#token=');
    const token = await newestToken(email);
    expect(token).toMatch(/^[\w-]{43}$/);
    const everywhere = await sql`
      select row_to_json(i)::text as text from invitations i
      union all select row_to_json(a)::text from audit_events a
      union all select row_to_json(r)::text from job_runs r where job_id = 'deliverMail'`;
    expect([text, ...everywhere.map((row) => row.text)].filter((row) => row.includes(token))).toEqual([]);
  });

  test('role and lifetime are those of the settings when left out', async () => {
    const { owner, email } = await setUp();
    const settings = { defaultRole: 'editor', invitationDays: 30 } as const;
    await updateOrganization(owner.ctx, owner.actor.organizationId, { settings });
    const { body } = await post(owner, { email });
    expect(body.role).toBe('editor');
    expect((Date.parse(body.expiresAt) - Date.now()) / 86_400_000).toBeCloseTo(30, 1);
  });

  test('an open invitation of the address is replaced, also when both are sent at once', async () => {
    const { owner, admin, email } = await setUp();
    const first = await post(owner, { email, role: 'viewer' });
    const both = await Promise.all([
      post(owner, { email, role: 'admin' }),
      post(admin, { email, role: 'admin' }),
    ]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    const { items } = (await list(owner)).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ email, role: 'admin' });
    expect((await revoke(owner, first.body.id)).status).toBe(404);
  });

  test('the list has the ones that can be accepted, newest first, in pages', async () => {
    const { owner, email } = await setUp();
    const { organizationId } = owner.actor;
    const longAgo = contextOf(owner.actor, new Date(Date.now() - 8 * 86_400_000));
    await invite(longAgo, organizationId, { email: `expired-${email}` });
    await revoke(owner, (await post(owner, { email: `revoked-${email}` })).body.id);
    for (const name of ['a', 'b', 'c']) await post(owner, { email: `${name}-${email}` });
    const first = (await list(owner, { limit: '2' })).body;
    const second = (await list(owner, { limit: '2', cursor: first.nextCursor })).body;
    const names = [...first.items, ...second.items].map((item: { email: string }) => item.email[0]);
    expect(names).toEqual(['c', 'b', 'a']);
  });

  test('a revoked one is open no more, and can be made anew', async () => {
    const { owner, email } = await setUp();
    const { id } = (await post(owner, { email })).body;
    expect((await revoke(owner, id)).status).toBe(204);
    expect((await list(owner)).body.items).toEqual([]);
    expect((await revoke(owner, id)).status).toBe(404);
    expect((await post(owner, { email })).status).toBe(201);
    expect(
      await sql`select action from audit_events where entity_id = ${id} order by created_at, id`,
    ).toMatchObject([{ action: 'invitation.create' }, { action: 'invitation.revoke' }]);
  });
});

describe('rejects', () => {
  test('who is a member already', async () => {
    const { owner, admin } = await setUp();
    const { status, body } = await post(owner, { email: admin.email.toUpperCase() });
    expect([status, body.code]).toEqual([409, 'already_member']);
  });

  test.each([{}, { email: 'nobody' }, { email: 'a@example.com', role: 'operator' }])('%j', async (body) => {
    const { owner } = await setUp();
    expect((await post(owner, body)).status).toBe(422);
  });
});

describe('protects', () => {
  test("owners: neither an admin nor an owner's API key takes back or replaces the invitation of one; a key invites none", async () => {
    const { owner, admin, email } = await setUp();
    const { body } = await post(owner, { email, role: 'owner' });
    const id = owner.actor.organizationId;
    const { headers } = await createKey(owner);
    const invite = (input: object) =>
      call(createInvitation, {
        headers: { 'content-type': 'application/json', ...headers },
        params: { id },
        body: input,
      });
    for (const answer of [
      await revoke(admin, body.id),
      await post(admin, { email, role: 'viewer' }),
      await call(revokeInvitation, { headers, params: { id, invitationId: body.id } }),
      await invite({ email, role: 'viewer' }),
      await invite({ email: `other-${email}`, role: 'owner' }),
    ])
      expect([answer.status, answer.body?.code]).toEqual([403, 'forbidden']);
    expect((await list(owner)).body.items).toMatchObject([{ id: body.id, role: 'owner' }]);
  });

  test('owners: an admin invites none', async () => {
    const { owner, admin, email } = await setUp();
    expect((await post(admin, { email, role: 'owner' })).body.code).toBe('forbidden');
    expect(await mailsTo(email)).toEqual([]);
    expect((await post(owner, { email, role: 'owner' })).status).toBe(201);
  });

  test('an invitation of another organization', async () => {
    const { owner, email } = await setUp();
    const { id } = (await post(owner, { email })).body;
    const stranger = await (await createTenant()).addMember();
    expect((await revoke(stranger, id)).status).toBe(404);
    expect((await list(stranger)).body.items).toEqual([]);
    expect((await list(owner)).body.items).toHaveLength(1);
  });
});
