import { ne, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import { holdRoles } from '#lib/auth/find-roles.ts';
import { findUsers } from '#lib/auth/find-users.ts';
import { createToken, hashToken } from '#lib/auth/hash-token.ts';
import { isMemberByEmail } from '#lib/auth/is-member-by-email.ts';
import { isAllowed } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { invitations } from '#lib/db/schema/invitations.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { accountLink } from '#lib/mail/account-link.ts';
import { type Mail, queueMail } from '#lib/mail/queue-mail.ts';
import { findSettings } from './find-settings.ts';
import type { CreateInvitationInput, Invitation } from './invitation-schemas.ts';
import { requireOwnOrganization } from './own-organization.ts';

const dayMs = 86_400_000;

/**
 * Invites an address into the organization the actor acts in, by a mail with a token of which only a hash is kept. Replaces an open
 * invitation of the address; `already_member` when it is a member's. Only owners, in person, invite owners.
 */
export async function createInvitation(
  ctx: Context,
  organizationId: string,
  input: CreateInvitationInput,
): Promise<Invitation> {
  requireOwnOrganization(ctx, organizationId);
  const { actor } = ctx;
  return withTransaction(ctx, async (tx) => {
    // Held, so that a demotion that revokes the inviter's invitations waits for this one, or this one for it.
    const roles = await holdRoles(tx, actor);
    if (!roles || !isAllowed({ ...actor, roles }, 'invitations:manage'))
      throw new AppError('forbidden', 'This needs the permission invitations:manage');
    const isOwner = roles.includes('owner') && actor.type === 'user';
    const settings = await findSettings({ ...ctx, db: tx });
    const inviter = (await findUsers(tx, [actor.userId])).get(actor.userId);
    const { email, role = settings.defaultRole } = input;
    if (role === 'owner' && !isOwner) throw new AppError('forbidden', 'Only an owner invites owners');
    if (await isMemberByEmail(tx, { organizationId: actor.organizationId, email }))
      throw new AppError('already_member', `${email} is a member already`);
    const token = createToken();
    const fields = {
      id: uuidv7(),
      role,
      tokenHash: hashToken(token),
      invitedBy: actor.userId,
      createdAt: sql`now()`,
      expiresAt: new Date(ctx.now.getTime() + settings.invitationDays * dayMs).toISOString(),
    };
    const [invitation] = await tx
      .insert(invitations)
      .values({ ...fields, organizationId: actor.organizationId, email })
      .onConflictDoUpdate({
        target: [invitations.organizationId, invitations.email],
        targetWhere: sql`accepted_at is null and revoked_at is null`,
        set: fields,
        ...(!isOwner && { setWhere: ne(invitations.role, 'owner') }),
      })
      .returning();
    if (!invitation) throw new AppError('forbidden', 'Only an owner replaces the invitation of an owner');
    await recordAuditEvent(tx, ctx, {
      action: 'invitation.create',
      entityId: invitation.id,
      after: { email, role, expiresAt: fields.expiresAt },
    });
    await queueMail(tx, invitationMail(email, inviter?.email, token, settings.invitationDays));
    return invitation;
  });
}

/** Names the inviter by a confirmed address, and nothing that a stranger can word (ADR 0015). */
function invitationMail(to: string, inviter: string | undefined, token: string, days: number): Mail {
  return {
    to,
    subject: 'You are invited to an organization',
    text: [
      `${inviter ?? 'Somebody'} invites you to an organization.`,
      `Log in or register with this address, and accept within ${days} days:`,
      accountLink('invitations/accept', token),
      'If you do not know who invites you, ignore this mail.',
    ].join('\n\n'),
  };
}
