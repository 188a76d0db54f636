import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { getPoolStatistics } from '#lib/db/client.ts';
import { readSection, type Section } from './bounded-section.ts';
import type { DatabaseReport } from './database-schemas.ts';
import { analyzeIndexes } from './index-analyzer.ts';
import { readForeignKeys, readIndexes, readTableScans } from './read-catalog.ts';
import { readCache, readLongRunning, readStatements, readTables } from './read-database.ts';
import { readServerConnections } from './read-server.ts';

// Leaves some of a second for the way there and back.
const budgetMs = 800;
// A report of every month, or a restore, is rarer; but a week has every habit of its users.
const conclusiveDays = 7;
const slowestStatements = 20;

/** How the database does, from its catalogs and statistics, within a second: what does not answer in time is left out, and said. */
export async function getDatabaseMetrics(ctx: Context<Actor>): Promise<DatabaseReport> {
  // First, or it shows the statements of this report.
  const pool = getPoolStatistics();
  const endsAtMs = performance.now() + budgetMs;
  const server = await readSection(ctx, endsAtMs, (db) => readServerConnections({ ...ctx, db }));
  const cache = await readSection(ctx, endsAtMs, readCache);
  const longRunning = await readSection(ctx, endsAtMs, readLongRunning);
  const tables = await readSection(ctx, endsAtMs, readTables);
  const statements = await readSection(ctx, endsAtMs, readStatements);
  const indexes = await readSection(ctx, endsAtMs, readIndexes);
  const foreignKeys = await readSection(ctx, endsAtMs, readForeignKeys);
  const scans = await readSection(ctx, endsAtMs, readTableScans);
  const sections = {
    server,
    cache,
    longRunning,
    tables,
    slowStatements: statements,
    indexes,
    foreignKeys,
    scans,
  };
  // Each is needed: without the indexes, all foreign keys would seem to lack one.
  const findings =
    indexes.value &&
    foreignKeys.value &&
    scans.value &&
    analyzeIndexes({
      indexes: indexes.value,
      foreignKeys: foreignKeys.value,
      tables: scans.value,
      statements: statements.value ?? [],
    });
  return {
    asOf: ctx.now.toISOString(),
    pool,
    server: server.value && {
      connections: server.value.total,
      limit: server.value.limit,
      usedShare: server.value.total / server.value.limit,
      byState: server.value.byState,
    },
    cache: cache.value,
    longRunning: longRunning.value,
    tables: tables.value,
    slowStatements: statements.value?.slice(0, slowestStatements) ?? null,
    indexes: findings && { isConclusive: (cache.value?.statisticsDays ?? 0) >= conclusiveDays, findings },
    unavailable: Object.entries(sections).flatMap(([section, part]) => whyNot(section, part)),
  };
}

function whyNot(section: string, part: Section<unknown>): DatabaseReport['unavailable'] {
  return 'reason' in part ? [{ section, reason: part.reason }] : [];
}
