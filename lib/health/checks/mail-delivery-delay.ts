import type { Check } from '#lib/health/check.ts';
import { getWaitSeconds } from '#lib/jobs/observe-waiting.ts';
import { deliverMailJob } from '#lib/mail/deliver-mail-job.ts';

// dispatchRuns runs every minute and takes what is due: this is five runs that were missed, or did not keep up.
const lateSeconds = 300;

/** How far the dispatcher is behind with mails. */
export const mailDeliveryDelay: Check = {
  name: 'mail:deliveryDelay',
  isCritical: false,
  async observe() {
    const value = await getWaitSeconds(deliverMailJob.id);
    if (value < lateSeconds) return { status: 'pass', value, unit: 's' };
    return {
      status: 'fail',
      value,
      unit: 's',
      output: 'the job dispatchRuns does not run, or not fast enough',
    };
  },
};
