import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { redriveDeadLetters } from '#lib/jobs/control/redrive-dead-letters.ts';
import { RedriveInput, RedriveReport } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'redriveDeadLetters',
    method: 'POST',
    path: '/api/v1/jobs/dead-letters/redrive',
    summary: 'Start the oldest of the runs again that were given up',
    description: 'Of one job or of all; each with all its attempts.',
    access: { permission: 'jobs:manage' },
    rateLimit: 'write',
    statements: 3,
    body: RedriveInput,
    idempotent: answerOnce,
    response: { status: 200, schema: RedriveReport },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, body }) => redriveDeadLetters(ctx, body),
);
