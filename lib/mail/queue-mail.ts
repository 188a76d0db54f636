import { seal } from '#lib/auth/seal.ts';
import type { Transaction } from '#lib/db/client.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { deliverMailJob } from './deliver-mail-job.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Has a mail sent once the transaction commits, within about a minute; it may arrive twice, but never without the change. */
export async function queueMail(db: Transaction, mail: Mail): Promise<void> {
  await enqueueSealed(db, mail);
}

/** Costs what queueMail costs and sends nothing, so that the time of an answer does not tell whether there is an account. */
export async function queueDecoy(db: Transaction): Promise<void> {
  await enqueueSealed(db, null);
}

async function enqueueSealed(db: Transaction, mail: Mail | null): Promise<void> {
  await enqueue({ db }, deliverMailJob, { sealedMail: seal('mail', JSON.stringify(mail)) });
}
