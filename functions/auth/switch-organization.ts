import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { SwitchOrganizationInput } from '#lib/organizations/schemas.ts';
import { SessionTokens } from '#lib/sessions/schemas.ts';
import { sessionCookies } from '#lib/sessions/session-cookies.ts';
import { switchOrganization } from '#lib/sessions/switch-organization.ts';

export const handler = defineEndpoint(
  {
    id: 'switchOrganization',
    method: 'POST',
    path: '/api/v1/auth/switch-organization',
    summary: 'Act in another of your organizations',
    description: 'The tokens so far are refused from then on; use the ones in the answer.',
    access: 'session',
    rateLimit: 'write',
    statements: 5,
    body: SwitchOrganizationInput,
    response: { status: 200, schema: SessionTokens, cookies: sessionCookies },
    errors: ['not_found'],
  },
  ({ ctx, body }) => switchOrganization(ctx, body.organizationId),
);
