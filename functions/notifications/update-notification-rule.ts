import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import {
  NotificationParams,
  NotificationRule,
  UpdateNotificationRuleInput,
} from '#lib/notifications/schemas.ts';
import { updateNotificationRule } from '#lib/notifications/update-notification-rule.ts';

export const handler = defineEndpoint(
  {
    id: 'updateNotificationRule',
    method: 'PATCH',
    path: '/api/v1/notifications/rules/{id}',
    summary: 'Change some fields of a notification rule',
    description:
      'What was raised before is told at the time it was put off to. Enable a rule again that a webhook has disabled by answering 410.',
    access: { permission: 'notifications:manage' },
    rateLimit: 'write',
    statements: 3,
    params: NotificationParams,
    body: UpdateNotificationRuleInput,
    response: { status: 200, schema: NotificationRule },
    errors: ['not_found'],
  },
  ({ ctx, params, body }) => updateNotificationRule(ctx, params.id, body),
);
