import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { listJobs } from '#lib/jobs/control/list-jobs.ts';
import { JobList } from '#lib/jobs/control/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listJobs',
    method: 'GET',
    path: '/api/v1/jobs',
    summary: 'List the jobs: when they run, how they did, and whether they are paused',
    access: { permission: 'jobs:read' },
    rateLimit: 'read',
    statements: 1,
    response: { status: 200, schema: JobList },
  },
  ({ ctx }) => listJobs(ctx),
);
