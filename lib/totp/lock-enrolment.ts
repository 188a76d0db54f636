import { eq } from 'drizzle-orm';
import type { Transaction } from '#lib/db/client.ts';
import { totpEnrolments } from '#lib/db/schema/totp-enrolments.ts';

export type Enrolment = typeof totpEnrolments.$inferSelect;

/** The enrolment of a user, confirmed or not. Everybody else who wants it waits until the transaction ends. */
export async function lockEnrolment(tx: Transaction, userId: string): Promise<Enrolment | undefined> {
  const [enrolment] = await tx
    .select()
    .from(totpEnrolments)
    .where(eq(totpEnrolments.userId, userId))
    .for('update');
  return enrolment;
}
