import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { getJobRun } from '#lib/jobs/control/get-job-run.ts';
import { JobRunDetails, JobRunParams } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getJobRun',
    method: 'GET',
    path: '/api/v1/jobs/runs/{id}',
    summary: 'Read a run with its progress and its attempts',
    access: { permission: 'jobs:read' },
    rateLimit: 'read',
    statements: 2,
    params: JobRunParams,
    response: { status: 200, schema: JobRunDetails },
    errors: ['not_found'],
  },
  ({ ctx, params }) => getJobRun(ctx, params.id),
);
