import * as z from 'zod';

const Share = z.number().min(0).max(1).meta({ example: 0.02 });
const Table = z.string().meta({ example: 'projects' });

export const IndexFinding = z
  .object({
    kind: z.enum([
      'invalid',
      'duplicate',
      'redundant',
      'missing_on_foreign_key',
      'sequential_scans',
      'unused',
    ]),
    table: Table,
    index: z.string().nullable().meta({ example: 'projects_owner_idx' }),
    reason: z.string().meta({ example: 'no scan in 14 days' }),
    sql: z.string().nullable().meta({
      description: 'What mends it. Null where the statistics do not tell which index is missing.',
      example: 'drop index concurrently projects_owner_idx',
    }),
    downSql: z.string().nullable().meta({
      description: 'What undoes that.',
      example: 'create index concurrently projects_owner_idx on projects (owner_id)',
    }),
  })
  .meta({ id: 'IndexFinding' });
export type IndexFinding = z.output<typeof IndexFinding>;

const PoolReport = z.object({
  max: z.int(),
  open: z.int(),
  busy: z.int(),
  idle: z.int(),
  waiting: z.int().meta({ description: 'Who waits for a connection.' }),
  acquireP99Ms: z.number().meta({ description: 'How long the last 1,000 waited for one.' }),
  connects: z.int(),
  connectionErrors: z.int(),
  discards: z.int().meta({ description: 'Connections that were given up.' }),
});

export const DatabaseReport = z
  .object({
    asOf: z.iso.datetime(),
    pool: PoolReport.meta({
      description: 'Of the instance that answers; of the server: `server`.',
    }),
    server: z
      .object({
        connections: z.int(),
        limit: z.int(),
        usedShare: z.number(),
        byState: z.record(z.string(), z.int()).meta({ example: { active: 1, idle: 4 } }),
      })
      .nullable(),
    cache: z
      .object({
        hitShare: Share.nullable().meta({ description: 'Pages that were found in memory.' }),
        statisticsSince: z.iso.datetime().nullable().meta({ description: 'Null: never reset.' }),
        statisticsDays: z.number(),
      })
      .nullable(),
    slowStatements: z
      .array(
        z.object({
          query: z.string().meta({
            description: 'With parameters in place of values.',
            example: 'select * from projects where id = $1',
          }),
          calls: z.number(),
          meanMs: z.number(),
          maxMs: z.number(),
          totalMs: z.number(),
          rows: z.number(),
        }),
      )
      .nullable()
      .meta({ description: 'By mean time, of pg_stat_statements; null where it is not installed.' }),
    longRunning: z
      .array(
        z.object({
          pid: z.int(),
          application: z.string().meta({ example: 'plinth' }),
          state: z.string().meta({ example: 'idle in transaction' }),
          waitsFor: z.string().nullable().meta({ example: 'ClientRead' }),
          seconds: z.number(),
        }),
      )
      .nullable()
      .meta({
        description: 'Transactions older than 30 seconds. Their SQL may hold values, so it is not shown.',
      }),
    tables: z
      .array(
        z.object({
          table: Table,
          liveRows: z.number(),
          deadRows: z.number(),
          deadShare: Share,
          lastVacuumAt: z.iso.datetime().nullable(),
          sizeBytes: z.number(),
        }),
      )
      .nullable()
      .meta({ description: 'The twenty with the most dead rows.' }),
    indexes: z
      .object({
        isConclusive: z.boolean().meta({
          description: 'Whether statistics cover a week, so that an index without scans is one nobody needs.',
        }),
        findings: z.array(IndexFinding),
      })
      .nullable(),
    unavailable: z
      .array(
        z
          .object({ section: z.string(), reason: z.string() })
          .meta({ example: { section: 'slowStatements', reason: 'pg_stat_statements is not installed' } }),
      )
      .meta({ description: 'Why a part above is null.' }),
  })
  .meta({ id: 'DatabaseReport' });
export type DatabaseReport = z.output<typeof DatabaseReport>;
