import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { listNotifications } from '#lib/notifications/list-notifications.ts';
import { ListNotificationsQuery, NotificationPage } from '#lib/notifications/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'listNotifications',
    method: 'GET',
    path: '/api/v1/notifications',
    summary: 'List what was told and is to be told, newest first',
    description: 'With the last attempts to deliver each; kept for 90 days.',
    access: { permission: 'notifications:manage' },
    rateLimit: 'read',
    statements: 1,
    query: ListNotificationsQuery,
    response: { status: 200, schema: NotificationPage, headers: { Link: nextLink } },
    errors: ['invalid_cursor'],
  },
  ({ ctx, query }) => listNotifications(ctx, query),
);
