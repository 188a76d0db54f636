import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { Notification, NotificationParams } from '#lib/notifications/schemas.ts';
import { testNotificationRule } from '#lib/notifications/test-notification-rule.ts';

export const handler = defineEndpoint(
  {
    id: 'testNotificationRule',
    method: 'POST',
    path: '/api/v1/notifications/rules/{id}/test',
    summary: 'Send a notification by a rule',
    description: 'Within about a minute, quiet hours or not; its log is among the notifications.',
    access: { permission: 'notifications:manage' },
    rateLimit: 'invite',
    statements: 4,
    params: NotificationParams,
    idempotent: answerOnce,
    response: { status: 201, schema: Notification },
    errors: ['not_found'],
  },
  ({ ctx, params }) => testNotificationRule(ctx, params.id),
);
