import * as z from 'zod';

const Status = z.enum(['pass', 'warn', 'fail']);

/** `application/health+json` (draft-inadarei-api-health-check). */
export const HealthReport = z
  .object({
    status: Status,
    checks: z
      .record(
        z.string(),
        z.array(
          z.object({
            status: Status,
            observedValue: z.number().meta({ description: 'How long the check took.' }),
            observedUnit: z.literal('ms'),
            time: z.iso.datetime(),
            output: z.string().optional().meta({ description: 'Why it does not pass.' }),
          }),
        ),
      )
      .optional(),
  })
  .meta({ id: 'HealthReport' });
export type HealthReport = z.output<typeof HealthReport>;
