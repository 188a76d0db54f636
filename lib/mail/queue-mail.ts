import { v7 as uuidv7 } from 'uuid';
import { seal } from '#lib/auth/seal.ts';
import type { Transaction } from '#lib/db/client.ts';
import { outgoingMails } from '#lib/db/schema/outgoing-mails.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Has the mail sent once the transaction has committed; what does not commit is not sent. */
export async function queueMail(tx: Transaction, mail: Mail): Promise<void> {
  await tx.insert(outgoingMails).values({ id: uuidv7(), sealedMail: seal('mail', JSON.stringify(mail)) });
}
