import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { Organization, OrganizationParams, UpdateOrganizationInput } from '#lib/organizations/schemas.ts';
import { updateOrganization } from '#lib/organizations/update-organization.ts';

export const handler = defineEndpoint(
  {
    id: 'updateOrganization',
    method: 'PATCH',
    path: '/api/v1/organizations/{id}',
    summary: 'Change name and settings of the organization (JSON merge patch)',
    access: { permission: 'organization:update' },
    rateLimit: 'write',
    statements: 3,
    params: OrganizationParams,
    body: UpdateOrganizationInput,
    ifMatch: 'optional',
    response: { status: 200, schema: Organization, headers: { ETag: versionTag } },
    errors: ['not_found'],
  },
  ({ ctx, params, body, ifMatch }) => updateOrganization(ctx, params.id, body, ifMatch),
);
