import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { listBreakers } from '#lib/resilience/list-breakers.ts';
import { CircuitBreakerList } from '#lib/resilience/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listBreakers',
    method: 'GET',
    path: '/api/v1/monitoring/breakers',
    summary: 'List the circuit breakers of the services that are called',
    description:
      'As the whole fleet sees them; an instance may have closed itself off from a service before.',
    access: { permission: 'ops:read' },
    rateLimit: 'read',
    statements: 0,
    response: { status: 200, schema: CircuitBreakerList },
  },
  () => listBreakers(),
);
