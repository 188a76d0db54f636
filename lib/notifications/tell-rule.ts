import { and, desc, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import type { notificationRules } from '#lib/db/schema/notification-rules.ts';
import { notifications } from '#lib/db/schema/notifications.ts';
import { toError } from '#lib/errors/to-error.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { logger } from '#lib/observability/logger.ts';
import { deliverNotificationJob, lostMinutes } from './deliver-notification-job.ts';
import type { Occurrence } from './events.ts';
import { endOfQuiet } from './quiet-hours.ts';

type Rule = typeof notificationRules.$inferSelect;
type Notification = typeof notifications.$inferSelect;
type InTransaction = Context<SystemActor> & { readonly db: Transaction };

/**
 * Makes a notification, or adds to one: what has the state that was told within the window is counted, any other state is told when the
 * window ends, as it is then, or at once when it has become critical. Quiet hours put off what is not critical. The caller holds the
 * rule locked.
 */
export async function tellRule(
  ctx: InTransaction,
  rule: Rule,
  occurrence: Occurrence,
): Promise<'new' | 'added'> {
  const windowMs = rule.dedupeMinutes * 60_000;
  const { unsaid, told } = windowMs > 0 ? await findLast(ctx, rule, occurrence, windowMs) : {};
  const isWorse = occurrence.severity === 'critical' && told?.severity !== 'critical';
  const windowEndMs = told && !isWorse ? Date.parse(told.begunAt as string) + windowMs : 0;
  const sendAt = putOff(rule, occurrence, new Date(Math.max(windowEndMs, ctx.now.getTime())));
  if (unsaid) {
    const isSooner = sendAt < new Date(unsaid.nextAttemptAt as string);
    await add(ctx, unsaid, occurrence, isSooner ? sendAt : undefined);
    return 'added';
  }
  if (told && told.subjectState === (occurrence.state ?? '')) {
    await add(ctx, told, occurrence);
    return 'added';
  }
  await create(ctx, rule, occurrence, sendAt);
  return 'new';
}

/** What is still to be told, unless it is lost, and what was told last within the window. */
async function findLast(
  { db, now }: InTransaction,
  { id, organizationId }: Rule,
  { event, subject }: Occurrence,
  windowMs: number,
): Promise<{ unsaid?: Notification | undefined; told?: Notification | undefined }> {
  const windowBegan = new Date(now.getTime() - windowMs).toISOString();
  const rows = await db
    .select()
    .from(notifications)
    .where(
      and(
        eq(notifications.organizationId, organizationId),
        eq(notifications.ruleId, id),
        eq(notifications.event, event),
        eq(notifications.subject, subject),
        sql`case when ${notifications.begunAt} is null
          then state = 'pending' and ${notifications.nextAttemptAt} > ${now.toISOString()}::timestamptz - make_interval(mins => ${lostMinutes}::int)
          else ${notifications.begunAt} > ${windowBegan}::timestamptz end`,
      ),
    )
    .orderBy(desc(notifications.createdAt), desc(notifications.id))
    .limit(2)
    .for('update');
  return { unsaid: rows.find(({ begunAt }) => !begunAt), told: rows.find(({ begunAt }) => begunAt) };
}

function putOff({ id, quietHours }: Rule, { severity }: Occurrence, at: Date): Date {
  if (!quietHours || severity === 'critical') return at;
  try {
    return endOfQuiet(quietHours, at) ?? at;
  } catch (error) {
    // A zone that this version of Node does not know, say: told too soon is better than nobody told of anything, as long as that rule is there.
    logger.warn('quiet hours of a rule cannot be read', { ruleId: id, error: toError(error) });
    return at;
  }
}

/** One that nobody has heard yet tells the newest. */
async function add(
  ctx: InTransaction,
  { id, organizationId, begunAt }: Notification,
  { summary, details, severity, state = '', at, count = 1 }: Occurrence,
  sendAt?: Date,
): Promise<void> {
  await ctx.db
    .update(notifications)
    .set({
      count: sql`${notifications.count} + ${count}`,
      lastOccurredAt: at,
      ...(!begunAt && { summary, details, severity, subjectState: state }),
      ...(sendAt && { nextAttemptAt: sendAt.toISOString() }),
    })
    .where(and(eq(notifications.id, id), eq(notifications.organizationId, organizationId)));
  // The run that was enqueued before finds it delivered.
  if (sendAt) await enqueueDelivery(ctx, organizationId, id, sendAt);
}

async function create(
  ctx: InTransaction,
  { id: ruleId, organizationId, scope }: Rule,
  { event, subject, state = '', severity, summary, details, at, count = 1 }: Occurrence,
  sendAt: Date,
): Promise<void> {
  const id = uuidv7();
  const what = { event, subject, subjectState: state, severity, summary, details, count, lastOccurredAt: at };
  await ctx.db
    .insert(notifications)
    .values({ id, organizationId, ruleId, scope, ...what, nextAttemptAt: sendAt.toISOString() });
  await enqueueDelivery(ctx, organizationId, id, sendAt);
}

async function enqueueDelivery(ctx: InTransaction, organizationId: string, notificationId: string, at: Date) {
  await enqueue(ctx, deliverNotificationJob, { organizationId, notificationId, attempt: 0 }, { at });
}
