import { eq, inArray, sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import { unseal } from '#lib/auth/seal.ts';
import type { Context } from '#lib/context.ts';
import { outgoingMails } from '#lib/db/schema/outgoing-mails.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import type { Mailer } from './mailer.ts';
import type { Mail } from './queue-mail.ts';

// Sent side by side, so that a batch ends within the time-out of one mail, far from where its claim ends.
const batchSize = 10;
/** After 1, 2, 4 … minutes: the tenth attempt is eight and a half hours after the first, longer than most outages. */
export const maxAttempts = 10;

type OutgoingMail = typeof outgoingMails.$inferSelect;
type Outcome = 'delivered' | 'failed' | 'abandoned';

/** Sends the mails that are due, until none is left or time runs out. What fails is tried again, later each time. */
export async function deliverMails(
  ctx: Context<SystemActor>,
  mailer: Mailer,
): Promise<Record<Outcome, number>> {
  const counts = { delivered: 0, failed: 0, abandoned: 0 };
  while (!ctx.signal.aborted) {
    const batch = await claim(ctx);
    for (const outcome of await Promise.all(batch.map((row) => deliver(ctx, mailer, row)))) counts[outcome]++;
    if (batch.length < batchSize) break;
  }
  return counts;
}

/** Takes mails for the time until their next attempt: no other run sends them, and one that dies leaves them to the next. */
function claim(ctx: Context<SystemActor>): Promise<OutgoingMail[]> {
  const now = ctx.now.toISOString();
  const database = getDatabase(ctx);
  const due = database
    .select({ id: outgoingMails.id })
    .from(outgoingMails)
    .where(sql`${outgoingMails.nextAttemptAt} <= ${now}::timestamptz`)
    .orderBy(outgoingMails.nextAttemptAt)
    .limit(batchSize)
    .for('update', { skipLocked: true });
  return database
    .update(outgoingMails)
    .set({
      attempts: sql`${outgoingMails.attempts} + 1`,
      // The scheduled time of a late run lies in the past.
      nextAttemptAt: sql`greatest(now(), ${now}::timestamptz) + interval '1 minute' * power(2, ${outgoingMails.attempts})`,
    })
    .where(inArray(outgoingMails.id, due))
    .returning();
}

async function deliver(
  ctx: Context<SystemActor>,
  mailer: Mailer,
  { id, sealedMail, attempts }: OutgoingMail,
): Promise<Outcome> {
  try {
    const mail: Mail | null = JSON.parse(unseal('mail', sealedMail));
    if (mail) await mailer.send(mail);
  } catch (thrown) {
    const line = { mailId: id, attempts, error: toError(thrown) };
    if (attempts < maxAttempts) {
      logger.warn('a mail was not sent', line);
      return 'failed';
    }
    logger.error('a mail is given up', line);
    await remove(ctx, id);
    return 'abandoned';
  }
  await remove(ctx, id);
  return 'delivered';
}

async function remove(ctx: Context<SystemActor>, id: string): Promise<void> {
  await getDatabase(ctx).delete(outgoingMails).where(eq(outgoingMails.id, id));
}
