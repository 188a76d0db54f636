import * as z from 'zod';
import type { JobReference } from '#lib/jobs/job-spec.ts';

const DeliverMailPayload = z.object({
  /** A mail may carry a token; null once it has left. */
  sealedMail: z.string().nullable(),
});
export type DeliverMailPayload = z.output<typeof DeliverMailPayload>;

/** A run a mail. Ten attempts, over eight hours on average: longer than most outages. */
export const deliverMailJob: JobReference<DeliverMailPayload> & { retry: { maxAttempts: number } } = {
  id: 'deliverMail',
  payload: DeliverMailPayload,
  overlap: 'parallel',
  retry: { maxAttempts: 10, baseSeconds: 120, maxSeconds: 8 * 3600 },
};
