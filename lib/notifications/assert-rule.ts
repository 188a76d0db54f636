import { isMemberAddress } from '#lib/auth/is-member-address.ts';
import type { Context } from '#lib/context.ts';
import { Email } from '#lib/email.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { assertUrl } from '#lib/outbound/address-guard.ts';
import { OutboundError } from '#lib/outbound/outbound-error.ts';
import { webhookNetwork } from '#lib/outbound/webhook.ts';
import type { NotificationRule } from './schemas.ts';

// Of a topic; a FIFO topic, whose name ends in .fifo, wants to know the order.
const topicArn = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;

/** Throws `validation_failed` for a rule that could not be carried out, or that tells what its scope must not hear. */
export async function assertRule(
  ctx: Context,
  { scope, events, channel, target }: Pick<NotificationRule, 'scope' | 'events' | 'channel' | 'target'>,
): Promise<void> {
  if (scope === 'organization' && events.some((event) => event !== 'health.changed'))
    refuse('/events', 'not_of_scope', 'must be health.changed only: the rest is for the scope platform');
  if (scope === 'organization' && channel === 'sns')
    refuse('/channel', 'not_of_scope', 'must be webhook or email: sns is for the scope platform');
  if (channel === 'webhook') assertWebhook(target);
  if (channel === 'sns' && !topicArn.test(target))
    refuse('/target', 'invalid_format', 'must be the ARN of a topic');
  if (channel !== 'email') return;
  if (!Email.safeParse(target).success) refuse('/target', 'invalid_format', 'must be an email address');
  if (scope === 'organization' && !(await isMemberAddress(ctx, ctx.actor.organizationId, target)))
    refuse('/target', 'no_member', 'must be the confirmed address of a member');
}

/** Names are looked up when they are called, each time. */
function assertWebhook(target: string): void {
  if (!URL.canParse(target)) refuse('/target', 'invalid_format', 'must be a URL');
  try {
    assertUrl(new URL(target), webhookNetwork());
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    refuse('/target', 'not_called', 'must be a public https address without credentials');
  }
}

function refuse(pointer: string, code: string, detail: string): never {
  throw new AppError('validation_failed', 'The rule cannot be carried out', {
    errors: [{ in: 'body', pointer, code, detail }],
  });
}
