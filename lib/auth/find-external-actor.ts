import { and, asc, eq } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { externalIdentities } from '#lib/db/schema/external-identities.ts';
import { memberships } from '#lib/db/schema/memberships.ts';
import { users } from '#lib/db/schema/users.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { UserActor } from './actor.ts';
import { rolesOf } from './find-roles.ts';
import type { ExternalSubject } from './verify-external-token.ts';

/** The account that is linked to a subject of another issuer, in its oldest organization with the role of now; else `unauthenticated`. */
export async function findExternalActor({ issuer, subject }: ExternalSubject): Promise<UserActor> {
  const [member] = await getPool()
    .select({
      userId: users.id,
      isOperator: users.isOperator,
      organizationId: memberships.organizationId,
      role: memberships.role,
    })
    .from(externalIdentities)
    .innerJoin(users, eq(users.id, externalIdentities.userId))
    .innerJoin(memberships, eq(memberships.userId, users.id))
    .where(and(eq(externalIdentities.issuer, issuer), eq(externalIdentities.subject, subject)))
    .orderBy(asc(memberships.createdAt))
    .limit(1);
  if (!member) throw new AppError('unauthenticated', 'No account is linked to the subject of this token');
  const { userId, organizationId } = member;
  return { type: 'user', userId, organizationId, roles: rolesOf(member), session: undefined };
}
