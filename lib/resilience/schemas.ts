import * as z from 'zod';

const daySeconds = 86_400;

const Override = z
  .object({
    state: z.enum(['open', 'closed']),
    expiresInSeconds: z.int(),
  })
  .meta({ id: 'CircuitBreakerOverride' });

export const CircuitBreaker = z
  .object({
    name: z.string().meta({ description: 'The service that it guards.', example: 'ses' }),
    state: z.enum(['closed', 'open', 'half_open']).meta({
      description:
        'What calls meet: `closed` lets them through, `open` refuses them, `half_open` lets one of the whole fleet through as a probe. An override counts.',
    }),
    trips: z.int().meta({ description: 'How often in a row it has opened; 0 while the service is well.' }),
    probeInSeconds: z
      .int()
      .nullable()
      .meta({ description: 'When a probe may go out; null when none is needed, or an override holds.' }),
    override: Override.nullable(),
  })
  .meta({ id: 'CircuitBreaker' });
export type CircuitBreaker = z.input<typeof CircuitBreaker>;

export const CircuitBreakerList = z
  .object({ items: z.array(CircuitBreaker) })
  .meta({ id: 'CircuitBreakerList' });
export type CircuitBreakerList = z.input<typeof CircuitBreakerList>;

export const OverrideBreakerInput = z
  .strictObject({
    state: z.enum(['open', 'closed']).meta({ description: 'Refuse all calls, or let all of them through.' }),
    expiresInSeconds: z.int().min(1).max(daySeconds).meta({ example: 3600 }),
    reason: z.string().trim().min(1).max(500).meta({ description: 'For the audit trail.' }),
  })
  .meta({ id: 'OverrideBreakerInput' });
export type OverrideBreakerInput = z.output<typeof OverrideBreakerInput>;

export const BreakerParams = z.object({
  name: z
    .string()
    .max(300)
    .regex(/^[a-z0-9.:[\]-]+$/)
    .meta({ description: 'The name of the circuit breaker.' }),
});
