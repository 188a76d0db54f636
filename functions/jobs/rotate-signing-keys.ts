import { rotateSigningKeys } from '#lib/auth/rotate-signing-keys.ts';
import { defineJob } from '#lib/jobs/define-job.ts';

export const handler = defineJob(
  {
    id: 'rotateSigningKeys',
    summary: 'Move the signing keys on: next, current for 30 days, retiring, revoked',
    schedule: 'rate(1 hour)',
    timeoutSeconds: 30,
  },
  ({ ctx }) => rotateSigningKeys(ctx),
);
