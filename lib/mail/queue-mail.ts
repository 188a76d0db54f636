import { v7 as uuidv7 } from 'uuid';
import { seal } from '#lib/auth/seal.ts';
import type { Transaction } from '#lib/db/client.ts';
import { outgoingMails } from '#lib/db/schema/outgoing-mails.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Has a mail sent once the transaction commits, within about a minute; it may arrive twice, but never without the change. */
export async function queueMail(tx: Transaction, mail: Mail): Promise<void> {
  await enqueue(tx, mail);
}

/** Costs what queueMail costs and sends nothing, so that the time of an answer does not tell whether there is an account. */
export async function queueDecoy(tx: Transaction): Promise<void> {
  await enqueue(tx, null);
}

async function enqueue(tx: Transaction, mail: Mail | null): Promise<void> {
  await tx.insert(outgoingMails).values({ id: uuidv7(), sealedMail: seal('mail', JSON.stringify(mail)) });
}
