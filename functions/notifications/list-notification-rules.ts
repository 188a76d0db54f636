import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { listNotificationRules } from '#lib/notifications/list-notification-rules.ts';
import { NotificationRulePage } from '#lib/notifications/schemas.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const handler = defineEndpoint(
  {
    id: 'listNotificationRules',
    method: 'GET',
    path: '/api/v1/notifications/rules',
    summary: 'List the notification rules, newest first',
    description:
      'Administrators see those of the organization, operators those of the platform that were made in it.',
    access: { permission: 'notifications:manage' },
    rateLimit: 'read',
    statements: 1,
    query: PageQuery,
    response: { status: 200, schema: NotificationRulePage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listNotificationRules(ctx, query),
);
