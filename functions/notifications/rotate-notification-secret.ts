import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { rotateNotificationSecret } from '#lib/notifications/rotate-notification-secret.ts';
import { NewNotificationRule, NotificationParams } from '#lib/notifications/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'rotateNotificationSecret',
    method: 'POST',
    path: '/api/v1/notifications/rules/{id}/rotate-secret',
    summary: 'Give a webhook a new secret and show it once',
    description: 'For a day both secrets sign: `webhook-signature` has a signature of each.',
    access: { permission: 'notifications:manage' },
    rateLimit: 'write',
    statements: 3,
    params: NotificationParams,
    response: { status: 200, schema: NewNotificationRule },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, params }) => rotateNotificationSecret(ctx, params.id),
);
