import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { createInvitation } from '#lib/organizations/create-invitation.ts';
import { CreateInvitationInput, Invitation } from '#lib/organizations/invitation-schemas.ts';
import { OrganizationParams } from '#lib/organizations/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'createInvitation',
    method: 'POST',
    path: '/api/v1/organizations/{id}/invitations',
    summary: 'Invite somebody by mail',
    description: 'Replaces an open invitation of the same address. Only owners invite owners.',
    access: { permission: 'invitations:manage' },
    rateLimit: 'invite',
    statements: 7,
    params: OrganizationParams,
    body: CreateInvitationInput,
    idempotent: answerOnce,
    response: { status: 201, schema: Invitation },
    errors: ['not_found', 'already_member'],
  },
  ({ ctx, params, body }) => createInvitation(ctx, params.id, body),
);
