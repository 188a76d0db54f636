import * as z from 'zod';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import type { CheckResult } from './check.ts';

const Status = z.enum(['pass', 'warn', 'fail']);

const PublicCheck = z.object({
  status: Status,
  observedValue: z.number().optional(),
  observedUnit: z.string().optional(),
  time: z.iso.datetime(),
  output: z.string().optional().meta({ description: 'Why it does not pass.' }),
});

const Check = PublicCheck.extend({
  isCritical: z.boolean().meta({ description: 'A failure of what is not critical is `warn`.' }),
  reason: z
    .string()
    .optional()
    .meta({ description: 'Code of the error behind it.', example: 'ECONNREFUSED' }),
  affectedEndpoints: z
    .array(z.string())
    .optional()
    .meta({ description: 'Paths that need what fails, as URI templates.' }),
});

/** By `component:measurement`; a list each, as the format wants it. */
const byName = <T extends z.ZodType>(check: T) => z.record(z.string(), z.array(check));

/** `application/health+json` (draft-inadarei-api-health-check). */
export const HealthReport = z
  .object({
    status: Status,
    checks: byName(PublicCheck).optional(),
  })
  .meta({
    id: 'HealthReport',
    examples: [
      { status: 'pass' },
      {
        status: 'fail',
        checks: {
          'postgres:responseTime': [
            { status: 'fail', time: '2026-11-02T09:30:00.000Z', output: 'Connection refused' },
          ],
        },
      },
    ],
  });
export type HealthReport = z.input<typeof HealthReport>;

export const DetailedHealthReport = z
  .object({
    status: Status,
    releaseId: z.string().meta({ description: 'The release that answers.' }),
    checks: byName(Check),
  })
  .meta({
    id: 'DetailedHealthReport',
    examples: [
      {
        status: 'pass',
        releaseId: '0.1.0',
        checks: {
          'postgres:responseTime': [
            {
              status: 'pass',
              observedValue: 2,
              observedUnit: 'ms',
              time: '2026-11-02T09:30:00.000Z',
              isCritical: true,
            },
          ],
        },
      },
      {
        status: 'fail',
        releaseId: '0.1.0',
        checks: {
          'postgres:responseTime': [
            {
              status: 'fail',
              time: '2026-11-02T09:30:00.000Z',
              output: 'Connection refused',
              isCritical: true,
              reason: 'ECONNREFUSED',
              affectedEndpoints: ['/api/v1/projects'],
            },
          ],
        },
      },
    ],
  });
export type DetailedHealthReport = z.input<typeof DetailedHealthReport>;

export const HealthTransition = z
  .object({
    id: z.int(),
    check: z.string().meta({ description: '`overall`, or a check.', example: 'redis:responseTime' }),
    from: Status.nullable().meta({ description: 'Null when it was recorded for the first time.' }),
    to: Status,
    output: z.string().nullable().meta({ example: 'Connection refused' }),
    at: z.iso.datetime(),
  })
  .meta({ id: 'HealthTransition' });

export const HealthHistoryPage = z
  .object({
    items: z.array(HealthTransition),
    nextCursor: NextCursor,
  })
  .meta({ id: 'HealthHistoryPage' });
export type HealthHistoryPage = z.input<typeof HealthHistoryPage>;

/** Results as the reports have them. */
export function toChecks(results: readonly CheckResult[]): DetailedHealthReport['checks'] {
  return Object.fromEntries(
    results.map(({ name, affectedEndpoints, ...result }) => [
      name,
      [{ ...result, ...(affectedEndpoints && { affectedEndpoints: [...affectedEndpoints] }) }],
    ]),
  );
}
