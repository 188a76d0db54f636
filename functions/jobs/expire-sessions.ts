import { expireAccountTokens } from '#lib/accounts/expire-account-tokens.ts';
import { expireApiKeys } from '#lib/api-keys/expire-api-keys.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import { expireInvitations } from '#lib/organizations/expire-invitations.ts';
import { expireSessions } from '#lib/sessions/expire-sessions.ts';

export const handler = defineJob(
  {
    id: 'expireSessions',
    summary:
      'Remove sessions a day after their end, tokens of mails after a week, invitations after 30 days, revoked API keys after 90',
    schedule: 'rate(1 hour)',
    timeoutSeconds: 60,
  },
  async ({ ctx }) => ({
    ...(await expireSessions(ctx)),
    ...(await expireAccountTokens(ctx)),
    ...(await expireInvitations(ctx)),
    ...(await expireApiKeys(ctx)),
  }),
);
