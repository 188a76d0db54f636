import { expect, test } from 'vitest';
import { expireAccountTokens } from '#lib/accounts/expire-account-tokens.ts';
import { expireApiKeys } from '#lib/api-keys/expire-api-keys.ts';
import { expireInvitations } from '#lib/organizations/expire-invitations.ts';
import { createMember, sql } from '#test/support/tenant.ts';

test('removes tokens that expired more than a week ago, used or not, and no others', async () => {
  const { ctx, userId } = await createMember();
  for (const [name, days] of Object.entries({ old: -8, recent: -6, open: 1 }))
    await sql`
      insert into account_tokens (token_hash, user_id, purpose, expires_at)
      values (${userId + name}, ${userId}, 'verify_email', ${new Date(ctx.now.getTime() + days * 86_400_000)})`;
  const system = { ...ctx, actor: { type: 'system', jobId: 'expireSessions' } } as const;
  expect((await expireAccountTokens(system)).removedTokens).toBeGreaterThanOrEqual(1);
  const left = await sql`select token_hash from account_tokens where user_id = ${userId} order by 1`;
  expect(left.map(({ token_hash }) => token_hash.slice(userId.length))).toEqual(['open', 'recent']);
});

test('removes invitations 30 days after they expired, accepted or not, and keys 90 days after they were revoked', async () => {
  const { ctx, userId, actor } = await createMember();
  const { organizationId } = actor;
  const daysAgo = (days: number | null) => days && new Date(ctx.now.getTime() - days * 86_400_000);
  for (const [name, days, accepted] of [
    ['old', 31, null],
    ['taken', 31, 40],
    ['recent', 29, null],
    ['open', -1, null],
  ] as const)
    await sql`
      insert into invitations (id, organization_id, email, role, token_hash, expires_at, accepted_at)
      values (gen_random_uuid(), ${organizationId}, ${`${name}@example.com`}, 'viewer', ${userId + name}, ${daysAgo(days)}, ${daysAgo(accepted)})`;
  for (const [name, revoked, expires] of [
    ['old', 91, null],
    ['recent', 89, null],
    ['expired', null, 400],
    ['good', null, null],
  ] as const)
    await sql`
      insert into api_keys (id, organization_id, user_id, name, scopes, secret_hash, revoked_at, expires_at)
      values (gen_random_uuid(), ${organizationId}, ${userId}, ${name}, '{}', 'x', ${daysAgo(revoked)}, ${daysAgo(expires)})`;
  const system = { ...ctx, actor: { type: 'system', jobId: 'expireSessions' } } as const;
  expect((await expireInvitations(system)).removedInvitations).toBeGreaterThanOrEqual(2);
  expect((await expireApiKeys(system)).removedKeys).toBeGreaterThanOrEqual(1);
  const invitations =
    await sql`select email from invitations where organization_id = ${organizationId} order by 1`;
  expect(invitations.map(({ email }) => email)).toEqual(['open@example.com', 'recent@example.com']);
  const keys = await sql`select name from api_keys where organization_id = ${organizationId} order by 1`;
  expect(keys.map(({ name }) => name)).toEqual(['expired', 'good', 'recent']);
});
