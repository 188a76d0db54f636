import * as z from 'zod';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { lambdaContext, toEvent } from './event.ts';

/** A process of its own, as an instance of a function is: answers each number it is sent with the statuses of so many requests. */
const limit = Number(process.argv[2]);
// No window ends while the test runs, however slow the machine is.
Object.assign(rateLimits.write.burst, { limit, windowSeconds: 3600 });

const endpoint = definePublicEndpoint(
  {
    id: 'limited',
    method: 'POST',
    path: '/limited',
    summary: '',
    rateLimit: 'write',
    statements: 0,
    response: { status: 200, schema: z.object({}) },
  },
  async () => ({}),
);

process.on('message', async (requests: number) => {
  const statuses: Record<string, number> = {};
  for (let sent = 0; sent < requests; sent++) {
    const { statusCode = 0 } = await endpoint(toEvent(endpoint, { sourceIp: '192.0.2.1' }), lambdaContext());
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
  }
  process.send?.(statuses);
});
process.send?.('ready');
