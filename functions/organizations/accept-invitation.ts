import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { acceptOwnInvitation } from '#lib/organizations/accept-invitation.ts';
import { AcceptedInvitation, AcceptInvitationInput } from '#lib/organizations/invitation-schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'acceptInvitation',
    method: 'POST',
    path: '/api/v1/invitations/accept',
    summary: 'Join the organization that invited your address',
    description: 'To act in it, switch to it. Who is a member already keeps the role.',
    access: 'session',
    rateLimit: 'write',
    statements: 4,
    body: AcceptInvitationInput,
    idempotent: answerOnce,
    response: { status: 200, schema: AcceptedInvitation },
    errors: ['invitation_invalid'],
  },
  ({ ctx, body }) => acceptOwnInvitation(ctx, body.token),
);
