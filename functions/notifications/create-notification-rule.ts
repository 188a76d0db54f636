import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { createNotificationRule } from '#lib/notifications/create-notification-rule.ts';
import { CreateNotificationRuleInput, NewNotificationRule } from '#lib/notifications/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'createNotificationRule',
    method: 'POST',
    path: '/api/v1/notifications/rules',
    summary: 'Create a notification rule',
    description:
      'A webhook is signed as Standard Webhooks want it, with a secret that is shown this once. An organization has at most 20 rules.',
    access: { permission: 'notifications:manage' },
    rateLimit: 'write',
    statements: 4,
    body: CreateNotificationRuleInput,
    response: { status: 201, schema: NewNotificationRule },
    errors: ['wrong_state'],
  },
  ({ ctx, body }) => createNotificationRule(ctx, body),
);
