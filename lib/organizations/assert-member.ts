import { and, eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import type { Database } from '#lib/db/client.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { AppError } from '#lib/errors/app-error.ts';

/** Throws `validation_failed` at `pointer` of the body unless the user is a member of the actor's organization. */
export async function assertMember(
  database: Database,
  ctx: Context,
  userId: string,
  pointer: string,
): Promise<void> {
  const [member] = await database
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.organizationId, ctx.actor.organizationId), eq(memberships.userId, userId)));
  if (member) return;
  throw new AppError('validation_failed', 'The user is not a member of this organization', {
    errors: [{ in: 'body', pointer, code: 'not_a_member', detail: 'must be a member of this organization' }],
  });
}
