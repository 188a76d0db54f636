import { ErrorGroup, ErrorGroupParams, UpdateErrorGroupInput } from '#lib/error-groups/schemas.ts';
import { updateErrorGroup } from '#lib/error-groups/update-error-group.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';

export const handler = defineEndpoint(
  {
    id: 'updateErrorGroup',
    method: 'PATCH',
    path: '/api/v1/monitoring/errors/{id}',
    summary: 'Resolve, ignore or reopen one kind of failure',
    description: 'Resolved, it opens again by itself when a release other than its last one has it.',
    access: { permission: 'errors:resolve' },
    rateLimit: 'write',
    statements: 3,
    params: ErrorGroupParams,
    body: UpdateErrorGroupInput,
    response: { status: 200, schema: ErrorGroup },
    errors: ['not_found'],
  },
  ({ ctx, params, body }) => updateErrorGroup(ctx, params.id, body),
);
