import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { createOrganization } from './create-organization.ts';
import type { CreateOrganizationInput, Organization } from './schemas.ts';

/** Creates an organization whose owner is the actor, who goes on acting in the current one. */
export async function createOwnOrganization(
  ctx: Context<UserActor>,
  { name }: CreateOrganizationInput,
): Promise<Organization> {
  const { userId: ownerId } = ctx.actor;
  return withTransaction(ctx, async (tx) => {
    const organization = await createOrganization({ ...ctx, db: tx }, { name, ownerId });
    const { id } = organization;
    await recordAuditEvent(
      tx,
      { ...ctx, actor: { ...ctx.actor, organizationId: id } },
      { action: 'organization.create', entityId: id, after: { name, ownerId } },
    );
    return organization;
  });
}
