import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { toOrganization } from './own-organization.ts';
import type { CreateOrganizationInput, Organization } from './schemas.ts';

/** Creates an organization whose owner is the actor, who goes on acting in the current one. */
export async function createOrganization(
  ctx: Context<UserActor>,
  input: CreateOrganizationInput,
): Promise<Organization> {
  const organizationId = uuidv7();
  const { userId } = ctx.actor;
  return withTransaction(ctx, async (tx) => {
    const [row] = await tx
      .insert(organizations)
      .values({ ...input, id: organizationId })
      .returning();
    if (!row) throw new Error('the organization was not stored');
    await tx.insert(memberships).values({ organizationId, userId, role: 'owner' });
    await recordAuditEvent(
      tx,
      { ...ctx, actor: { ...ctx.actor, organizationId } },
      { action: 'organization.create', entityId: organizationId, after: { ...input, ownerId: userId } },
    );
    return toOrganization(row);
  });
}
