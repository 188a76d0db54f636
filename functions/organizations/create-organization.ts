import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { createOwnOrganization } from '#lib/organizations/create-own-organization.ts';
import { CreateOrganizationInput, Organization, organizationPath } from '#lib/organizations/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'createOrganization',
    method: 'POST',
    path: '/api/v1/organizations',
    summary: 'Create an organization and become its owner',
    description: 'To act in it, switch to it; until then it is readable by nobody.',
    access: 'session',
    rateLimit: 'write',
    statements: 3,
    body: CreateOrganizationInput,
    idempotent: answerOnce,
    response: {
      status: 201,
      schema: Organization,
      headers: { Location: organizationPath, ETag: versionTag },
    },
  },
  ({ ctx, body }) => createOwnOrganization(ctx, body),
);
