import { unseal } from '#lib/auth/seal.ts';
import type { Mail } from '#lib/mail/queue-mail.ts';
import { sql } from './tenant.ts';

/** The mails to an address that wait to be sent, oldest first. */
export async function mailsTo(email: string): Promise<Mail[]> {
  const rows = await sql`
    select payload->>'sealedMail' as sealed_mail from job_runs
    where job_id = 'deliverMail' and payload->>'sealedMail' is not null order by id`;
  const mails: (Mail | null)[] = rows.map(({ sealed_mail }) => JSON.parse(unseal('mail', sealed_mail)));
  return mails.filter((mail): mail is Mail => mail?.to === email);
}

/** The token in the link of a mail. */
export function tokenIn(mail: Mail | undefined): string {
  const [, token] = /#token=([\w-]{43})$/m.exec(mail?.text ?? '') ?? [];
  if (!token) throw new Error(`no link in ${JSON.stringify(mail)}`);
  return token;
}

/** The token of the newest mail to an address. */
export async function newestToken(email: string): Promise<string> {
  return tokenIn((await mailsTo(email)).at(-1));
}
