import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { redeliverNotification } from '#lib/notifications/redeliver-notification.ts';
import { Notification, NotificationParams } from '#lib/notifications/schemas.ts';

export const handler = defineEndpoint(
  {
    id: 'redeliverNotification',
    method: 'POST',
    path: '/api/v1/notifications/{id}/redeliver',
    summary: 'Send a notification once more',
    description: 'Under the id it had: who got it already can tell. Ten attempts anew.',
    access: { permission: 'notifications:manage' },
    rateLimit: 'invite',
    statements: 4,
    params: NotificationParams,
    idempotent: answerOnce,
    response: { status: 200, schema: Notification },
    errors: ['not_found', 'wrong_state'],
  },
  ({ ctx, params }) => redeliverNotification(ctx, params.id),
);
