import { v7 as uuidv7 } from 'uuid';
import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { withTransaction } from '#lib/db/transaction.ts';

/** Founds an organization with its first owner; the caller records what it was founded by. */
export function createOrganization(
  ctx: Context<Actor | undefined>,
  { name, ownerId }: { name: string; ownerId: string },
): Promise<{ id: string }> {
  const organizationId = uuidv7();
  return withTransaction(ctx, async (tx) => {
    await tx.insert(organizations).values({ id: organizationId, name });
    await tx.insert(memberships).values({ organizationId, userId: ownerId, role: 'owner' });
    return { id: organizationId };
  });
}
