import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { overrideBreaker } from '#lib/resilience/override-breaker.ts';
import { BreakerParams, CircuitBreaker, OverrideBreakerInput } from '#lib/resilience/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'overrideBreaker',
    method: 'PUT',
    path: '/api/v1/monitoring/breakers/{name}/override',
    summary: 'Hold a circuit breaker open or closed for a time',
    description: 'Every instance knows within five seconds. Without Redis no override holds.',
    access: { permission: 'breakers:override' },
    rateLimit: 'write',
    statements: 1,
    params: BreakerParams,
    body: OverrideBreakerInput,
    response: { status: 200, schema: CircuitBreaker },
    errors: ['not_found'],
  },
  ({ ctx, params, body }) => overrideBreaker(ctx, params.name, body),
);
