import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { InvitationPage } from '#lib/organizations/invitation-schemas.ts';
import { listInvitations } from '#lib/organizations/list-invitations.ts';
import { OrganizationParams } from '#lib/organizations/schemas.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const handler = defineEndpoint(
  {
    id: 'listInvitations',
    method: 'GET',
    path: '/api/v1/organizations/{id}/invitations',
    summary: 'List the invitations that can still be accepted, newest first',
    access: { permission: 'invitations:manage' },
    rateLimit: 'read',
    statements: 1,
    params: OrganizationParams,
    query: PageQuery,
    response: { status: 200, schema: InvitationPage, headers: { Link: nextLink } },
    errors: ['not_found', 'invalid_cursor'],
  },
  ({ ctx, params, query }) => listInvitations(ctx, params.id, query),
);
