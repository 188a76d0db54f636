import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { getNotificationRule } from '#lib/notifications/get-notification-rule.ts';
import { NotificationParams, NotificationRule } from '#lib/notifications/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'getNotificationRule',
    method: 'GET',
    path: '/api/v1/notifications/rules/{id}',
    summary: 'Read a notification rule',
    access: { permission: 'notifications:manage' },
    rateLimit: 'read',
    statements: 1,
    params: NotificationParams,
    response: { status: 200, schema: NotificationRule },
    errors: ['not_found'],
  },
  ({ ctx, params }) => getNotificationRule(ctx, params.id),
);
