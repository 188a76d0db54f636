import type { SystemActor } from '#lib/auth/actor.ts';
import { unseal } from '#lib/auth/seal.ts';
import type { Context } from '#lib/context.ts';
import { replacePayload } from '#lib/jobs/ledger/replace-payload.ts';
import type { DeliverMailPayload } from './deliver-mail-job.ts';
import type { Mailer } from './mailer.ts';
import type { Mail } from './queue-mail.ts';

/** Sends the mail of a run, which then forgets it; throws what the mailer throws, for the ledger to try again. */
export async function deliverMail(
  ctx: Context<SystemActor>,
  { sealedMail }: DeliverMailPayload,
  mailer: Mailer,
): Promise<undefined> {
  if (sealedMail === null) return;
  const mail: Mail | null = JSON.parse(unseal('mail', sealedMail));
  if (mail) await mailer.send(mail);
  await replacePayload(ctx, { sealedMail: null } satisfies DeliverMailPayload);
}
