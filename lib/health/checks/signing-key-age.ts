import { getSigningKeyAge } from '#lib/auth/get-signing-key-age.ts';
import type { Check } from '#lib/health/check.ts';

const daySeconds = 86_400;

/** For how long the current key has signed access tokens: the job rotateSigningKeys replaces it after 30 days. */
export const signingKeyAge: Check = {
  name: 'auth:signingKeyAge',
  isCritical: false,
  async observe() {
    const age = await getSigningKeyAge();
    if (!age) return { status: 'pass' };
    const observed = { value: age.seconds / daySeconds, unit: 'days' };
    if (!age.isOverdue) return { status: 'pass', ...observed };
    return { status: 'fail', ...observed, output: 'the rotation of the signing key is overdue' };
  },
};
