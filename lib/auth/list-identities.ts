import { asc, eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { externalIdentities } from '#lib/db/schema/external-identities.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import type { UserActor } from './actor.ts';
import type { IdentityList } from './schemas.ts';

/** The identities of other issuers that log the actor's account in. */
export async function listIdentities(ctx: Context<UserActor>): Promise<IdentityList> {
  const items = await getDatabase(ctx)
    .select()
    .from(externalIdentities)
    .where(eq(externalIdentities.userId, ctx.actor.userId))
    .orderBy(asc(externalIdentities.createdAt))
    .limit(100);
  return { items };
}
