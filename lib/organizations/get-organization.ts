import { eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { noOrganization, requireOwnOrganization, toOrganization } from './own-organization.ts';
import type { Organization } from './schemas.ts';

/** The organization the actor acts in; `not_found` for every other id. */
export async function getOrganization(ctx: Context, id: string): Promise<Organization> {
  requireOwnOrganization(ctx, id);
  const [row] = await getDatabase(ctx)
    .select()
    .from(organizations)
    .where(eq(organizations.id, ctx.actor.organizationId));
  if (!row) throw noOrganization(id);
  return toOrganization(row);
}
