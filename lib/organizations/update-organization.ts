import { isDeepStrictEqual } from 'node:util';
import { eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { laterInstant } from '#lib/db/later-instant.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { mergePatch } from '#lib/projects/merge-patch.ts';
import { forgetSettings } from './find-settings.ts';
import { noOrganization, requireOwnOrganization, toOrganization } from './own-organization.ts';
import type { Organization, UpdateOrganizationInput } from './schemas.ts';

/** Merges a patch (RFC 7396) into the organization the actor acts in; a patch that changes nothing makes no version. */
export async function updateOrganization(
  ctx: Context,
  id: string,
  patch: UpdateOrganizationInput,
  ifMatch?: readonly number[],
): Promise<Organization> {
  requireOwnOrganization(ctx, id);
  const isOwn = eq(organizations.id, ctx.actor.organizationId);
  return withTransaction(ctx, async (tx) => {
    const [before] = await tx.select().from(organizations).where(isOwn).for('no key update');
    if (!before) throw noOrganization(id);
    const { version } = before;
    if (ifMatch && !ifMatch.includes(version))
      throw new AppError('precondition_failed', `The organization is at version ${version}`, {
        currentVersion: version,
      });
    const { name = before.name } = patch;
    const settings = mergePatch(before.settings, patch.settings ?? {});
    if (name === before.name && isDeepStrictEqual(settings, before.settings)) return toOrganization(before);
    const [after] = await tx
      .update(organizations)
      .set({
        name,
        settings,
        version: sql`${organizations.version} + 1`,
        updatedAt: laterInstant(organizations.updatedAt),
      })
      .where(isOwn)
      .returning();
    if (!after) throw noOrganization(id);
    forgetSettings(id);
    await recordAuditEvent(tx, ctx, { action: 'organization.update', entityId: id, before, after });
    return toOrganization(after);
  });
}
