import { unseal } from '#lib/auth/seal.ts';
import type { Mail } from '#lib/mail/queue-mail.ts';
import { sql } from './tenant.ts';

/** The mails that wait for an address, oldest first. */
export async function mailsTo(email: string): Promise<Mail[]> {
  const rows = await sql`select sealed_mail from outgoing_mails order by id`;
  return rows
    .map(({ sealed_mail }) => JSON.parse(unseal('mail', sealed_mail)) as Mail)
    .filter(({ to }) => to === email);
}

/** The token in the last mail to an address. */
export async function mailedToken(email: string): Promise<string> {
  const text = (await mailsTo(email)).at(-1)?.text ?? '';
  return /token=([\w-]+)/.exec(text)?.[1] ?? '';
}
