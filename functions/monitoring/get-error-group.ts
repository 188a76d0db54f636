import { getErrorGroup } from '#lib/error-groups/get-error-group.ts';
import { ErrorGroup, ErrorGroupParams } from '#lib/error-groups/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'getErrorGroup',
    method: 'GET',
    path: '/api/v1/monitoring/errors/{id}',
    summary: 'Read one kind of failure',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 1,
    params: ErrorGroupParams,
    response: { status: 200, schema: ErrorGroup },
    errors: ['not_found'],
  },
  ({ ctx, params }) => getErrorGroup(ctx, params.id),
);
