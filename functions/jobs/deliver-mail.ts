import { defineJob } from '#lib/jobs/define-job.ts';
import { deliverMail } from '#lib/mail/deliver-mail.ts';
import { deliverMailJob } from '#lib/mail/deliver-mail-job.ts';
import { createMailer } from '#lib/mail/mailer.ts';

export const handler = defineJob(
  { ...deliverMailJob, summary: 'Send a mail', timeoutSeconds: 20 },
  ({ ctx, payload }) => deliverMail(ctx, payload, createMailer()),
);
