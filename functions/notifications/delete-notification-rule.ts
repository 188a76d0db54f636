import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { deleteNotificationRule } from '#lib/notifications/delete-notification-rule.ts';
import { NotificationParams } from '#lib/notifications/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'deleteNotificationRule',
    method: 'DELETE',
    path: '/api/v1/notifications/rules/{id}',
    summary: 'Delete a notification rule with its log',
    access: { permission: 'notifications:manage' },
    rateLimit: 'write',
    statements: 2,
    params: NotificationParams,
    response: { status: 204 },
    errors: ['not_found'],
  },
  ({ ctx, params }) => deleteNotificationRule(ctx, params.id),
);
