import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { listMembers } from '#lib/organizations/list-members.ts';
import { MemberPage } from '#lib/organizations/member-schemas.ts';
import { OrganizationParams } from '#lib/organizations/schemas.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const handler = defineEndpoint(
  {
    id: 'listMembers',
    method: 'GET',
    path: '/api/v1/organizations/{id}/members',
    summary: 'List the members of the organization',
    access: { permission: 'members:read' },
    rateLimit: 'read',
    statements: 2,
    params: OrganizationParams,
    query: PageQuery,
    response: { status: 200, schema: MemberPage, headers: { Link: nextLink } },
    errors: ['not_found', 'invalid_cursor'],
  },
  ({ ctx, params, query }) => listMembers(ctx, params.id, query),
);
