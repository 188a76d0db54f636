import { gte, sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { outgoingMails } from '#lib/db/schema/outgoing-mails.ts';
import { maxAttempts } from './deliver-mails.ts';

/** Half of the attempts are used up: the mail has failed for half an hour, and has eight hours left. */
const failingAttempts = maxAttempts / 2;

/** How many mails fail again and again. */
export async function countFailingMails(): Promise<number> {
  return getPool().$count(outgoingMails, gte(outgoingMails.attempts, failingAttempts));
}

/** For how many seconds the mail that has waited longest for its turn has been due; 0 when none is due. */
export async function getDeliveryDelay(): Promise<number> {
  const [row] = await getPool()
    .select({
      seconds: sql<number>`coalesce(greatest(extract(epoch from now() - min(${outgoingMails.nextAttemptAt})), 0), 0)::float`,
    })
    .from(outgoingMails);
  return row?.seconds ?? 0;
}
