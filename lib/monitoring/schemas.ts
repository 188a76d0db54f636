import * as z from 'zod';

export const windows = { '5m': 5, '1h': 60, '24h': 24 * 60 } as const;

export const PerformanceQuery = z.object({
  window: z
    .enum(['5m', '1h', '24h'])
    .default('1h')
    .meta({ description: 'How far back: 5 minutes, an hour or a day.' }),
});
export type PerformanceQuery = z.output<typeof PerformanceQuery>;

const Milliseconds = z.number().nullable().meta({ example: 12.5 });
const Share = z.number().min(0).max(1).meta({ example: 0.02 });

const Operation = z.string().meta({ example: 'getProject' });
const Route = z
  .string()
  .meta({ description: 'Method and path template.', example: 'GET /api/v1/projects/{id}' });
const Measured = z.object({
  operation: Operation,
  count: z.int(),
  ratePerSecond: z.number(),
  outcomes: z
    .record(z.string(), z.int())
    .meta({ description: 'Count by status; of a job by how the run ended.', example: { '200': 42 } }),
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
        route: Route,
        clientErrors: z.int().meta({ description: 'Answers 4xx.' }),
        serverErrors: z.int().meta({ description: 'Answers 5xx.' }),
        serverErrorShare: Share,
      }),
    ),
    jobs: z.array(Measured.extend({ failures: z.int() })),
    slowest: z
      .array(z.object({ operation: Operation, route: Route, p99Ms: z.number(), count: z.int() }))
      .meta({ description: 'The five routes with the highest p99.' }),
  })
  .meta({ id: 'PerformanceReport' });
export type PerformanceReport = z.output<typeof PerformanceReport>;

const Bytes = z.int();

export const SystemReport = z
  .object({
    asOf: z.iso.datetime(),
    stage: z.string().meta({ example: 'prod' }),
    host: z
      .enum(['lambda', 'gateway', 'test', 'container', 'process'])
      .meta({ description: 'What the instance runs in; gateway is the local one.' }),
    release: z.string().meta({ example: '0.1.0' }),
    commit: z.string().meta({ example: '7200cc5' }),
    builtAt: z.string().nullable().meta({ example: '2026-11-02T09:30:00.000Z' }),
    runtime: z
      .object({ node: z.string(), platform: z.string(), architecture: z.string() })
      .meta({ example: { node: 'v24.21.0', platform: 'linux', architecture: 'arm64' } }),
    phase: z.enum(['starting', 'ready', 'stopping']),
    startedAt: z.iso.datetime(),
    uptimeSeconds: z.number(),
    initMs: z
      .number()
      .meta({ description: 'From the start of the process until its handlers were defined.' }),
    invocations: z.int().meta({ description: 'Requests and runs of this instance so far.' }),
    memory: z.object({
      rssBytes: Bytes,
      heapUsedBytes: Bytes,
      heapTotalBytes: Bytes,
      externalBytes: Bytes,
      limitBytes: Bytes.optional().meta({ description: 'Of the function; left out elsewhere.' }),
      usedShare: z.number().optional(),
    }),
    cpu: z.object({ userMs: z.number(), systemMs: z.number() }),
    eventLoopDelay: z
      .object({ p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() })
      .meta({ description: 'How late timers came while invocations ran.' }),
    caches: z
      .array(
        z.object({
          name: z.string().meta({ example: 'project stats' }),
          entries: z.int(),
          hits: z.int(),
          stale: z.int().meta({ description: 'Served while a new value was loaded.' }),
          misses: z.int(),
          failures: z.int().meta({ description: 'Loads that failed.' }),
          evictions: z.int(),
        }),
      )
      .meta({ description: 'What the caches of this function have done since the instance began.' }),
  })
  .meta({ id: 'SystemReport', description: 'About the one instance that answers.' });
export type SystemReport = z.output<typeof SystemReport>;
