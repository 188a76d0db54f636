import type { Check } from '#lib/health/check.ts';
import { countFailingMails } from '#lib/mail/observe-outbox.ts';

/** Mails that have failed five times and will be given up: what will never arrive unless somebody acts. */
export const failingMails: Check = {
  name: 'mail:failing',
  isCritical: false,
  async observe() {
    const value = await countFailingMails();
    if (value === 0) return { status: 'pass', value, unit: 'mails' };
    return {
      status: 'fail',
      value,
      unit: 'mails',
      output: 'mails fail again and again, and will be given up',
    };
  },
};
