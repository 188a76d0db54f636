import type { Check } from './check.ts';
import { failingMails } from './checks/failing-mails.ts';
import { mailDeliveryDelay } from './checks/mail-delivery-delay.ts';
import { releaseSkew } from './checks/release-skew.ts';
import { signingKeyAge } from './checks/signing-key-age.ts';
import { snapshotAge } from './checks/snapshot-age.ts';
import { readyChecks } from './ready-checks.ts';

/** What the job recordHealth looks at, for all instances. docs/health.md says of each what to do. */
export const recordedChecks: readonly Check[] = [
  ...readyChecks,
  mailDeliveryDelay,
  failingMails,
  signingKeyAge,
  releaseSkew,
];

/** Those, and whether the job looks. */
export const allChecks: readonly Check[] = [...recordedChecks, snapshotAge];
