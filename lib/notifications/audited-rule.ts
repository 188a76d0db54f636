import type { NotificationRule } from './schemas.ts';

/** A rule as the trail keeps it: without the path of a webhook, which at many receivers is the credential. */
export function toAudited<R extends Pick<NotificationRule, 'channel' | 'target'>>(rule: R): R {
  return rule.channel === 'webhook' ? { ...rule, target: new URL(rule.target).origin } : rule;
}
