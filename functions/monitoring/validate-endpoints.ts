import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { loadOperationFacts } from '#lib/monitoring/operation-facts.ts';
import { validateEndpoints } from '#lib/monitoring/validate-endpoints.ts';
import { EndpointsReport } from '#lib/monitoring/validation-schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'validateEndpoints',
    method: 'GET',
    path: '/api/v1/monitoring/validate/endpoints',
    summary: 'Every route of this release against its contract',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 0,
    response: { status: 200, schema: EndpointsReport },
  },
  async ({ ctx }) => validateEndpoints(ctx, loadOperationFacts(import.meta.dirname)),
);
