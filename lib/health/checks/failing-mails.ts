import type { Check } from '#lib/health/check.ts';
import { countFailingRuns } from '#lib/jobs/observe-waiting.ts';
import { deliverMailJob } from '#lib/mail/deliver-mail-job.ts';

/** Half of the attempts are used up: the mail has failed for a quarter of an hour, and has eight hours left. */
const failingAttempts = deliverMailJob.retry.maxAttempts / 2;

/** Mails that have failed five times and will be given up: what will never arrive unless somebody acts. */
export const failingMails: Check = {
  name: 'mail:failing',
  isCritical: false,
  async observe() {
    const value = await countFailingRuns(deliverMailJob.id, failingAttempts);
    if (value === 0) return { status: 'pass', value, unit: 'mails' };
    return {
      status: 'fail',
      value,
      unit: 'mails',
      output: 'mails fail again and again, and will be given up',
    };
  },
};
