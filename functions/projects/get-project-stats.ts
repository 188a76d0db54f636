import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { getProjectStats } from '#lib/projects/get-project-stats.ts';
import { ProjectStats } from '#lib/projects/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getProjectStats',
    method: 'GET',
    path: '/api/v1/projects/stats/summary',
    summary: 'Count the projects by status, time and owner',
    access: { permission: 'projects:read' },
    rateLimit: 'read',
    statements: 1,
    response: { status: 200, schema: ProjectStats },
  },
  ({ ctx }) => getProjectStats(ctx),
);
