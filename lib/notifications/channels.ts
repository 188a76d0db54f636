import type { notificationRules } from '#lib/db/schema/notification-rules.ts';
import type { notifications } from '#lib/db/schema/notifications.ts';
import { createMailer } from '#lib/mail/mailer.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import { postToAws } from '#lib/outbound/post-to-aws.ts';
import { webhook } from '#lib/outbound/webhook.ts';
import { signWebhook } from './webhook-secret.ts';

type Rule = typeof notificationRules.$inferSelect;

export interface Outgoing {
  readonly rule: Rule;
  readonly notification: typeof notifications.$inferSelect;
  readonly now: Date;
}

/** What the other side says; null when it says no more than that it was taken. */
type Answer = { readonly responseStatus: number | null };

/** Hands a notification over; throws when nobody answers, with a message that its owner may read. */
type Channel = (outgoing: Outgoing) => Promise<Answer>;

export const channels: Record<Rule['channel'], Channel> = {
  async webhook({ rule, notification, now }) {
    const body = JSON.stringify(toMessage(notification));
    const isOldGood = rule.previousExpiresAt !== null && new Date(rule.previousExpiresAt) > now;
    const secrets = [rule.sealedSecret, isOldGood ? rule.sealedPreviousSecret : null].filter(isPresent);
    const headers = signWebhook(secrets, { id: notification.id, at: now, body });
    const { status } = await outbound(webhook(rule.target, rule.organizationId), {
      url: rule.target,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { responseStatus: status };
  },

  async email({ rule, notification }) {
    const { summary, severity, event, subject, count, lastOccurredAt } = notification;
    const text = [
      summary,
      '',
      `${event}: ${subject}`,
      `${severity}, ${count} x, last at ${lastOccurredAt}`,
    ].join('\n');
    await createMailer().send({ to: rule.target, subject: `[plinth] ${summary}`, text });
    return { responseStatus: null };
  },

  async sns({ rule, notification }) {
    const body = new URLSearchParams({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: rule.target,
      // At most 100 characters of ASCII.
      Subject: notification.summary.replace(/[^ -~]/g, '?').slice(0, 100),
      Message: JSON.stringify(toMessage(notification)),
    }).toString();
    const contentType = 'application/x-www-form-urlencoded; charset=utf-8';
    const { status } = await postToAws('sns', { path: '/', contentType, body });
    return { responseStatus: status };
  },
};

/** As the Standard Webhooks want it; the same for every attempt. */
function toMessage({
  event,
  createdAt,
  subject,
  severity,
  summary,
  details,
  count,
  lastOccurredAt,
}: Outgoing['notification']) {
  const occurrence = { subject, severity, summary, details, count, lastOccurredAt };
  return { type: event, timestamp: createdAt, data: occurrence };
}

function isPresent(text: string | null): text is string {
  return text !== null;
}
