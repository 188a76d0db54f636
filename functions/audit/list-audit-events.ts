import { listAuditEvents } from '#lib/audit/list-audit-events.ts';
import { AuditPage, ListAuditEventsQuery } from '#lib/audit/schemas.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';

export const handler = defineEndpoint(
  {
    id: 'listAuditEvents',
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'List who changed what in the organization, newest first',
    access: { permission: 'audit:read' },
    rateLimit: 'read',
    statements: 1,
    query: ListAuditEventsQuery,
    response: { status: 200, schema: AuditPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listAuditEvents(ctx, query),
);
