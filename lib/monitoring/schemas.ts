import * as z from 'zod';

export const windows = { '5m': 5, '1h': 60, '24h': 24 * 60 } as const;

export const PerformanceQuery = z.object({
  window: z
    .enum(['5m', '1h', '24h'])
    .default('1h')
    .meta({ description: 'How far back: 5 minutes, an hour or a day.' }),
});
export type PerformanceQuery = z.output<typeof PerformanceQuery>;

const Milliseconds = z.number().nullable();
const Share = z.number().min(0).max(1);

const Measured = z.object({
  operation: z.string(),
  count: z.int(),
  ratePerSecond: z.number(),
  outcomes: z
    .record(z.string(), z.int())
    .meta({ description: 'Count by status; of a job by how the run ended.' }),
  meanMs: Milliseconds,
  p50Ms: Milliseconds,
  p90Ms: Milliseconds,
  p99Ms: Milliseconds,
  coldShare: Share.meta({ description: 'Requests or runs that were the first of their instance.' }),
  coldP99Ms: Milliseconds,
  warmP99Ms: Milliseconds,
});

export const PerformanceReport = z
  .object({
    window: z.enum(['5m', '1h', '24h']),
    from: z.iso.datetime(),
    asOf: z.iso.datetime().nullable().meta({
      description: 'When measurements were folded last; what came later is not in here. Null: never yet.',
    }),
    quantileError: z
      .number()
      .meta({ description: 'How far a quantile can be from the exact one, as a share.' }),
    routes: z.array(
      Measured.extend({
        route: z
          .string()
          .meta({ description: 'Method and path template.', example: 'GET /api/v1/projects/{id}' }),
        clientErrors: z.int().meta({ description: 'Answers 4xx.' }),
        serverErrors: z.int().meta({ description: 'Answers 5xx.' }),
        serverErrorShare: Share,
      }),
    ),
    jobs: z.array(Measured.extend({ failures: z.int() })),
    slowest: z
      .array(z.object({ operation: z.string(), route: z.string(), p99Ms: z.number(), count: z.int() }))
      .meta({ description: 'The five routes with the highest p99.' }),
  })
  .meta({ id: 'PerformanceReport' });
export type PerformanceReport = z.output<typeof PerformanceReport>;
