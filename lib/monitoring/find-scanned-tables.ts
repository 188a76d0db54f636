import type { CatalogRows, StatementRow, TableRow } from './catalog-rows.ts';
import type { IndexFinding } from './database-schemas.ts';
import { createIndexSql, dropIndexSql } from './index-sql.ts';

// Below that a sequential scan is a few pages, and often the better plan.
const largeRows = 10_000;
// Fewer are a report, a migration or ANALYZE.
const manyScans = 50;

/** Large tables that are read row by row again and again, and the index that their statements ask for when that can be told. */
export function findScannedTables(catalog: CatalogRows): IndexFinding[] {
  return catalog.tables
    .filter(({ liveRows, sequentialScans }) => liveRows >= largeRows && sequentialScans >= manyScans)
    .filter(({ scannedRows, sequentialScans, liveRows }) => scannedRows / sequentialScans >= liveRows / 2)
    .map((table) => toFinding(table, catalog));
}

function toFinding(table: TableRow, catalog: CatalogRows): IndexFinding {
  const { schema, table: name } = table;
  const column = findSearchedColumn(table, catalog);
  const index = `${name}_${column}_idx`.slice(0, 63);
  return {
    kind: 'sequential_scans',
    table: name,
    index: null,
    reason: `${table.sequentialScans} scans have read ${table.scannedRows} rows of it, which has ${table.liveRows}`,
    sql: column ? createIndexSql({ schema, table: name, name: index, columns: [column] }) : null,
    downSql: column ? dropIndexSql({ schema, name: index }) : null,
  };
}

/** The column that most calls compare with a parameter and no index begins with. */
function findSearchedColumn(
  { schema, table, columns }: TableRow,
  { indexes, statements }: CatalogRows,
): string | undefined {
  const leading = new Set(
    indexes.filter((index) => index.schema === schema && index.table === table).map(({ keys }) => keys[0]),
  );
  const about = statements.filter(({ query }) =>
    new RegExp(`\\b${escapePattern(table)}\\b`, 'i').test(query),
  );
  return columns
    .filter((column) => !leading.has(column))
    .map((column) => ({ column, calls: callsComparing(about, column) }))
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => b.calls - a.calls)[0]?.column;
}

function callsComparing(statements: readonly StatementRow[], column: string): number {
  const comparison = new RegExp(
    `(^|[^\\w])"?${escapePattern(column)}"?\\s*(=|<=?|>=?|in|= any)\\s*\\(?\\s*\\$\\d`,
    'i',
  );
  return statements.reduce((sum, { query, calls }) => (comparison.test(query) ? sum + calls : sum), 0);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
