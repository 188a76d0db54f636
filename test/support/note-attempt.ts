import { sql } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';

/** A write that shows which attempt of a job made it: the id of another job. */
export async function noteAttempt(tx: Transaction, jobId: string, attempt: string): Promise<void> {
  await tx.execute(sql`insert into jobs (id) values (${`${jobId} ${attempt}`})`);
}
