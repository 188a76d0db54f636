import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { DatabaseReport } from '#lib/monitoring/database-schemas.ts';
import { getDatabaseMetrics } from '#lib/monitoring/get-database-metrics.ts';

export const handler = defineEndpoint(
  {
    id: 'getDatabaseMetrics',
    method: 'GET',
    path: '/api/v1/monitoring/metrics/database',
    summary: 'Connections, cache, slow statements, dead rows, and what is wrong with the indexes',
    description:
      'From the catalogs and statistics of PostgreSQL, within a second; a part that does not answer in time is null, and `unavailable` says why. Each finding about an index has the SQL that mends it and the SQL that undoes that: read it before you run it.',
    access: { permission: 'metrics:read' },
    rateLimit: 'write',
    statements: 10,
    response: { status: 200, schema: DatabaseReport },
  },
  ({ ctx }) => getDatabaseMetrics(ctx),
);
