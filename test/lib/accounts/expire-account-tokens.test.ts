import { expect, test } from 'vitest';
import { expireAccountTokens } from '#lib/accounts/expire-account-tokens.ts';
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
