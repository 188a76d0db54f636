import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { listDeadLetters } from '#lib/jobs/control/list-dead-letters.ts';
import { JobRunPage } from '#lib/jobs/control/schemas.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const handler = defineEndpoint(
  {
    id: 'listDeadLetters',
    method: 'GET',
    path: '/api/v1/jobs/dead-letters',
    summary: 'List the runs that were given up, the last one first',
    description:
      'Their attempts are used up (`dead`, `timed_out`), or another one could not help (`failed`).',
    access: { permission: 'jobs:read' },
    rateLimit: 'read',
    statements: 1,
    query: PageQuery,
    response: { status: 200, schema: JobRunPage },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listDeadLetters(ctx, query),
);
