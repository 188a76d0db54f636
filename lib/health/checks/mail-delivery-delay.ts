import type { Check } from '#lib/health/check.ts';
import { getDeliveryDelay } from '#lib/mail/observe-outbox.ts';

// deliverMails runs every minute and takes what is due: this is five runs that were missed, or did not keep up.
const lateSeconds = 300;

/** How far the job deliverMails is behind. */
export const mailDeliveryDelay: Check = {
  name: 'mail:deliveryDelay',
  isCritical: false,
  async observe() {
    const value = await getDeliveryDelay();
    if (value < lateSeconds) return { status: 'pass', value, unit: 's' };
    return {
      status: 'fail',
      value,
      unit: 's',
      output: 'the job deliverMails does not run, or not fast enough',
    };
  },
};
