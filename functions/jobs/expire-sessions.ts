import { expireAccountTokens } from '#lib/accounts/expire-account-tokens.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import { expireSessions } from '#lib/sessions/expire-sessions.ts';

export const handler = defineJob(
  {
    id: 'expireSessions',
    summary: 'Remove sessions that ended more than a day ago, and the tokens of mails after a week',
    schedule: 'rate(1 hour)',
    timeoutSeconds: 60,
  },
  async ({ ctx }) => ({ ...(await expireSessions(ctx)), ...(await expireAccountTokens(ctx)) }),
);
