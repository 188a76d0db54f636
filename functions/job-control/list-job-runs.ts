import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { listJobRuns } from '#lib/jobs/control/list-job-runs.ts';
import { JobParams, JobRunPage, ListJobRunsQuery } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listJobRuns',
    method: 'GET',
    path: '/api/v1/jobs/{jobId}/runs',
    summary: 'List the runs of a job, newest first',
    description: 'Runs that went well are kept for 8 days, the others and those with a key for 90.',
    access: { permission: 'jobs:read' },
    rateLimit: 'read',
    statements: 1,
    params: JobParams,
    query: ListJobRunsQuery,
    response: { status: 200, schema: JobRunPage },
    errors: ['not_found', 'invalid_cursor'],
  },
  ({ ctx, params, query }) => listJobRuns(ctx, params.jobId, query),
);
