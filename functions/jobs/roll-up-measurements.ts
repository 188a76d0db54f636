import { defineJob } from '#lib/jobs/define-job.ts';
import { expireMeasurements } from '#lib/monitoring/expire-measurements.ts';
import { rollUpMeasurements } from '#lib/monitoring/roll-up-measurements.ts';

export const handler = defineJob(
  {
    id: 'rollUpMeasurements',
    summary: 'Fold what the instances measured into PostgreSQL, and forget what no window asks for',
    schedule: 'rate(1 minute)',
    timeoutSeconds: 60,
  },
  async ({ ctx }) => ({ ...(await rollUpMeasurements(ctx)), ...(await expireMeasurements(ctx)) }),
);
