import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { Member, MemberParams, UpdateMemberInput } from '#lib/organizations/member-schemas.ts';
import { updateMember } from '#lib/organizations/update-member.ts';

export const handler = defineEndpoint(
  {
    id: 'updateMember',
    method: 'PATCH',
    path: '/api/v1/organizations/{id}/members/{userId}',
    summary: "Change a member's role",
    description:
      'Only owners make or unmake owners. Tokens with the old role are refused at once; a refresh gives the new one.',
    access: { permission: 'members:manage' },
    rateLimit: 'write',
    statements: 5,
    params: MemberParams,
    body: UpdateMemberInput,
    response: { status: 200, schema: Member },
    errors: ['not_found', 'last_owner'],
  },
  ({ ctx, params, body }) => updateMember(ctx, params, body),
);
