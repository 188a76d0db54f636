import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { listOrganizations } from '#lib/organizations/list-organizations.ts';
import { OrganizationPage } from '#lib/organizations/schemas.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const handler = defineEndpoint(
  {
    id: 'listOrganizations',
    method: 'GET',
    path: '/api/v1/organizations',
    summary: 'List the organizations you are a member of, with your role',
    access: 'session',
    rateLimit: 'read',
    statements: 1,
    query: PageQuery,
    response: { status: 200, schema: OrganizationPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listOrganizations(ctx, query),
);
