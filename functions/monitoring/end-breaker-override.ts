import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { endBreakerOverride } from '#lib/resilience/end-breaker-override.ts';
import { BreakerParams } from '#lib/resilience/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'endBreakerOverride',
    method: 'DELETE',
    path: '/api/v1/monitoring/breakers/{name}/override',
    summary: 'Let a circuit breaker decide by itself again',
    access: { permission: 'breakers:override' },
    rateLimit: 'write',
    statements: 1,
    params: BreakerParams,
    response: { status: 204 },
    errors: ['not_found'],
  },
  ({ ctx, params }) => endBreakerOverride(ctx, params.name),
);
