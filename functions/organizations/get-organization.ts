import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { getOrganization } from '#lib/organizations/get-organization.ts';
import { Organization, OrganizationParams } from '#lib/organizations/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getOrganization',
    method: 'GET',
    path: '/api/v1/organizations/{id}',
    summary: 'Read the organization you act in',
    access: { permission: 'organization:read' },
    rateLimit: 'read',
    statements: 1,
    params: OrganizationParams,
    response: { status: 200, schema: Organization, headers: { ETag: versionTag } },
    errors: ['not_found'],
  },
  ({ ctx, params }) => getOrganization(ctx, params.id),
);
