import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { invitations } from '#lib/db/schema/invitations.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { openCursor } from '#lib/pagination/cursor.ts';
import type { PageQuery } from '#lib/pagination/page-query.ts';
import { toPage } from '#lib/pagination/to-page.ts';
import type { InvitationPage } from './invitation-schemas.ts';
import { requireOwnOrganization } from './own-organization.ts';

/** One page of the invitations that can still be accepted, newest first. */
export async function listInvitations(
  ctx: Context,
  id: string,
  { cursor, limit }: PageQuery,
): Promise<InvitationPage> {
  requireOwnOrganization(ctx, id);
  const scope = ['invitations', ctx.actor.organizationId];
  const after = cursor === undefined ? undefined : openCursor(scope, cursor);
  const rows = await getDatabase(ctx)
    .select()
    .from(invitations)
    .where(
      and(
        eq(invitations.organizationId, ctx.actor.organizationId),
        isNull(invitations.acceptedAt),
        isNull(invitations.revokedAt),
        gt(invitations.expiresAt, ctx.now.toISOString()),
        after &&
          sql`(${invitations.createdAt}, ${invitations.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(desc(invitations.createdAt), desc(invitations.id))
    .limit(limit + 1);
  return toPage(rows, limit, scope, (invitation) => [invitation.createdAt, invitation.id]);
}
