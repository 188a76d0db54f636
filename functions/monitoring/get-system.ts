import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { getSystem } from '#lib/monitoring/get-system.ts';
import { SystemReport } from '#lib/monitoring/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getSystem',
    method: 'GET',
    path: '/api/v1/monitoring/system/info',
    summary: 'Release, runtime, memory and CPU of the instance that answers',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 0,
    response: { status: 200, schema: SystemReport },
  },
  ({ ctx }) => getSystem(ctx),
);
