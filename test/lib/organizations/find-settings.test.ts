import { expect, test } from 'vitest';
import { handler as updateOrganization } from '#functions/organizations/update-organization.ts';
import { findSettings } from '#lib/organizations/find-settings.ts';
import { call } from '#test/support/call.ts';
import { countStatements } from '#test/support/count-statements.ts';
import { contextOf, createMember, type Member, sql } from '#test/support/tenant.ts';

const after = ({ actor, ctx }: Member, ms: number) => contextOf(actor, new Date(ctx.now.getTime() + ms));

test('the settings are read once in five seconds', async () => {
  const member = await createMember();
  expect((await findSettings(member.ctx)).defaultRole).toBe('viewer');
  // As another instance does.
  await sql`update organizations set settings = '{"defaultRole":"editor"}' where id = ${member.actor.organizationId}`;
  const before = await countStatements();
  expect((await findSettings(after(member, 4_499))).defaultRole).toBe('viewer');
  expect(await countStatements()).toBe(before);
  expect((await findSettings(after(member, 5_000))).defaultRole).toBe('editor');
});

test('a change that this instance has answered is known to it at once', async () => {
  const member = await createMember();
  await findSettings(member.ctx);
  const { status } = await call(updateOrganization, {
    token: member.token,
    params: { id: member.actor.organizationId },
    headers: { 'if-match': '*' },
    body: { settings: { defaultRole: 'editor' } },
  });
  expect([status, (await findSettings(member.ctx)).defaultRole]).toEqual([200, 'editor']);
});

test('those of another organization are its own', async () => {
  const [member, stranger] = [await createMember(), await createMember()];
  await sql`update organizations set settings = '{"invitationDays":30}' where id = ${member.actor.organizationId}`;
  expect([
    (await findSettings(member.ctx)).invitationDays,
    (await findSettings(stranger.ctx)).invitationDays,
  ]).toEqual([30, 7]);
});
