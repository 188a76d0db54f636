import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { InvitationParams } from '#lib/organizations/invitation-schemas.ts';
import { revokeInvitation } from '#lib/organizations/revoke-invitation.ts';

export const handler = defineEndpoint(
  {
    id: 'revokeInvitation',
    method: 'DELETE',
    path: '/api/v1/organizations/{id}/invitations/{invitationId}',
    summary: 'Take an open invitation back',
    access: { permission: 'invitations:manage' },
    rateLimit: 'write',
    statements: 2,
    params: InvitationParams,
    response: { status: 204 },
    errors: ['not_found'],
  },
  ({ ctx, params }) => revokeInvitation(ctx, params),
);
