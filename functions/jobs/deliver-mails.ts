import { defineJob } from '#lib/jobs/define-job.ts';
import { deliverMails } from '#lib/mail/deliver-mails.ts';
import { createMailer } from '#lib/mail/mailer.ts';

export const handler = defineJob(
  {
    id: 'deliverMails',
    summary: 'Send the mails that wait',
    schedule: 'rate(1 minute)',
    timeoutSeconds: 50,
  },
  ({ ctx }) => deliverMails(ctx, createMailer()),
);
