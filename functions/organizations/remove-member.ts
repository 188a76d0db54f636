import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { MemberParams, RemoveMemberQuery } from '#lib/organizations/member-schemas.ts';
import { removeMember } from '#lib/organizations/remove-member.ts';

export const handler = defineEndpoint(
  {
    id: 'removeMember',
    method: 'DELETE',
    path: '/api/v1/organizations/{id}/members/{userId}',
    summary: 'Remove a member, or leave',
    description:
      'Everybody may leave; others are removed with `members:manage`, owners by owners. Sessions and API keys end at once, and another member gets the projects.',
    access: 'session',
    rateLimit: 'write',
    statements: 7,
    timeoutSeconds: 29,
    params: MemberParams,
    query: RemoveMemberQuery,
    response: { status: 204 },
    errors: ['not_found', 'last_owner'],
  },
  ({ ctx, params, query }) => removeMember(ctx, params, query),
);
