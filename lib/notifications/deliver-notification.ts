import { and, eq, type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { SystemActor } from '#lib/auth/actor.ts';
import { isMemberAddress } from '#lib/auth/is-member-address.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { type DeliveryAttempt, notifications } from '#lib/db/schema/notifications.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { toError } from '#lib/errors/to-error.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { saveCheckpoint } from '#lib/jobs/ledger/save-checkpoint.ts';
import { retryDelaySeconds } from '#lib/jobs/retry-delay.ts';
import { logger } from '#lib/observability/logger.ts';
import { OutboundError } from '#lib/outbound/outbound-error.ts';
import { channels, type Outgoing } from './channels.ts';
import {
  type DeliverNotificationPayload,
  deliverNotificationJob,
  deliveryRetry,
} from './deliver-notification-job.ts';

/** How an attempt ended: `refused` is not tried again, `gone` ends the rule. */
type Outcome = 'delivered' | 'failed' | 'refused' | 'gone';
type Attempt = Omit<DeliveryAttempt, 'at' | 'durationMs'> & { readonly outcome: Outcome };

/** What a run that has begun leaves to the one that takes it over: the notification is still its own while its next attempt is at `begunAt`. */
const Checkpoint = z.object({ begunAt: z.iso.datetime() }).optional();

/**
 * One attempt to deliver a notification; enqueues the next one when it fails. Of several runs for one attempt, however they came about, one
 * sends it. What a receiver does not take is in the log of the notification, for its owner: the run succeeds, and leaves no dead letter
 * of the platform. A receiver may get it twice, by one id: when the instance dies between what it sends and the record of it.
 */
export async function deliverNotification(
  ctx: Context<SystemActor>,
  payload: DeliverNotificationPayload,
  checkpoint?: unknown,
): Promise<Record<string, unknown>> {
  const outgoing = await begin(ctx, payload, Checkpoint.parse(checkpoint)?.begunAt);
  if (!outgoing) return { outcome: 'nothing to do' };
  const startedAt = performance.now();
  const attempt = await send(ctx, outgoing);
  const durationMs = Math.round(performance.now() - startedAt);
  await settle(ctx, payload, attempt, durationMs);
  return { ...attempt };
}

/** Takes the attempt, which nobody else can any more; undefined when somebody else has, or nothing is to be sent. */
function begin(
  ctx: Context<SystemActor>,
  payload: DeliverNotificationPayload,
  formerBegunAt: string | undefined,
): Promise<Outgoing | undefined> {
  const { organizationId } = payload;
  const begunAt = ctx.now.toISOString();
  return withTransaction(ctx, async (tx) => {
    const [notification] = await tx
      .update(notifications)
      .set({
        begunAt: sql`coalesce(${notifications.begunAt}, ${begunAt}::timestamptz)`,
        attempts: payload.attempt + 1,
        nextAttemptAt: begunAt,
      })
      .where(formerBegunAt ? isTaken(payload, formerBegunAt) : isAt(payload, payload.attempt))
      .returning();
    if (!notification) return undefined;
    await saveCheckpoint({ ...ctx, db: tx }, { begunAt } satisfies z.infer<typeof Checkpoint>);
    const [rule] = await tx
      .select()
      .from(notificationRules)
      .where(
        and(
          eq(notificationRules.id, notification.ruleId),
          eq(notificationRules.organizationId, organizationId),
        ),
      );
    return rule && { rule, notification, now: ctx.now };
  });
}

function isAt(
  { organizationId, notificationId }: DeliverNotificationPayload,
  attempts: number,
): SQL | undefined {
  return and(
    eq(notifications.id, notificationId),
    eq(notifications.organizationId, organizationId),
    eq(notifications.state, 'pending'),
    eq(notifications.attempts, attempts),
  );
}

/** That the attempt is under way since then, and was neither recorded nor sent anew meanwhile. */
function isTaken(payload: DeliverNotificationPayload, begunAt: string): SQL | undefined {
  return and(isAt(payload, payload.attempt + 1), eq(notifications.nextAttemptAt, begunAt));
}

async function send(ctx: Context<SystemActor>, outgoing: Outgoing): Promise<Attempt> {
  const { rule } = outgoing;
  const refused = (error: string): Attempt => ({ outcome: 'refused', responseStatus: null, error });
  if (!rule.isEnabled) return refused('the rule is disabled');
  const isForMember = rule.channel === 'email' && rule.scope === 'organization';
  if (isForMember && !(await isMemberAddress(ctx, rule.organizationId, rule.target)))
    return refused('the address is not that of a member any more');
  try {
    const { responseStatus } = await channels[rule.channel](outgoing);
    if (responseStatus === null || (responseStatus >= 200 && responseStatus < 300))
      return { outcome: 'delivered', responseStatus, error: null };
    const error = `the receiver answers ${responseStatus}`;
    return {
      outcome: rule.channel === 'webhook' && responseStatus === 410 ? 'gone' : 'failed',
      responseStatus,
      error,
    };
  } catch (thrown) {
    // Whatever a channel throws, it was not taken.
    const { name, message } = toError(thrown);
    logger.warn('a notification was not delivered', { ruleId: rule.id, error: toError(thrown) });
    if (!(thrown instanceof OutboundError))
      return { outcome: 'failed', responseStatus: null, error: message || name };
    if (thrown.failure === 'refused') return refused('an address that is not called');
    return { outcome: 'failed', responseStatus: null, error: `no answer: ${thrown.failure}` };
  }
}

const keptAttempts = 20;

async function settle(
  ctx: Context<SystemActor>,
  payload: DeliverNotificationPayload,
  { outcome, responseStatus, error }: Attempt,
  durationMs: number,
): Promise<void> {
  const { organizationId } = payload;
  const attempt = payload.attempt + 1;
  const isLast = outcome !== 'failed' || attempt >= deliveryRetry.maxAttempts;
  const next = new Date(ctx.now.getTime() + retryDelaySeconds(deliveryRetry, attempt) * 1000);
  const entry: DeliveryAttempt = { at: ctx.now.toISOString(), durationMs, responseStatus, error };
  await withTransaction(ctx, async (tx) => {
    const [notification] = await tx
      .update(notifications)
      .set({
        state: outcome === 'delivered' ? 'delivered' : isLast ? 'failed' : 'pending',
        nextAttemptAt: isLast ? null : next.toISOString(),
        log: sql`jsonb_path_query_array(${notifications.log} || ${JSON.stringify(entry)}::jsonb, ${`$[last - ${keptAttempts - 1} to last]`}::jsonpath)`,
      })
      .where(isTaken(payload, ctx.now.toISOString()))
      .returning({ ruleId: notifications.ruleId });
    if (!notification) return;
    if (!isLast)
      await enqueue({ ...ctx, db: tx }, deliverNotificationJob, { ...payload, attempt }, { at: next });
    if (outcome === 'gone') await disable(tx, ctx, organizationId, notification.ruleId);
  });
}

async function disable(tx: Transaction, ctx: Context<SystemActor>, organizationId: string, ruleId: string) {
  await tx
    .update(notificationRules)
    .set({ isEnabled: false, updatedAt: sql`now()` })
    .where(and(eq(notificationRules.id, ruleId), eq(notificationRules.organizationId, organizationId)));
  await recordAuditEvent(tx, ctx, {
    organizationId,
    action: 'notification_rule.disable',
    entityId: ruleId,
    before: { isEnabled: true },
    after: { isEnabled: false, reason: 'its webhook is gone' },
  });
}
