import { withTransaction } from '#lib/db/transaction.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import { noteAttempt } from './note-attempt.ts';

// An instance of a job, to be stopped or killed in the middle of a run: says when it is there, and what became of its write.
const [id = '', time = ''] = process.argv.slice(2);
const job = defineJob({ id, summary: '', schedule: 'rate(1 hour)', timeoutSeconds: 60 }, async ({ ctx }) => {
  process.send?.('running');
  await new Promise((resolve) => process.once('message', resolve));
  await withTransaction(ctx, (tx) => noteAttempt(tx, id, 'first'));
  return {};
});
const endsAt = performance.now() + 60_000;
const context = {
  functionName: 'test',
  awsRequestId: 'test',
  getRemainingTimeInMillis: () => endsAt - performance.now(),
};
const delivery = await job({ time }, context as never);
process.send?.(delivery.outcome);
setTimeout(() => process.exit(0), 100);
