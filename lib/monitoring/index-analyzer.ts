import type { CatalogRows, ForeignKeyRow, IndexRow } from './catalog-rows.ts';
import type { IndexFinding } from './database-schemas.ts';
import { findScannedTables } from './find-scanned-tables.ts';
import { createIndexSql, dropIndexSql, qualify } from './index-sql.ts';

/** What is wrong with the indexes, worst first. Never proposes to drop what guards a constraint or is unique. */
export function analyzeIndexes(catalog: CatalogRows): IndexFinding[] {
  const usable = catalog.indexes.filter(({ isValid, isInProgress }) => isValid && !isInProgress);
  const superfluous = findSuperfluous(usable);
  const reported = new Set(superfluous.map(({ index }) => index));
  return [
    ...catalog.indexes.filter(({ isValid, isInProgress }) => !isValid && !isInProgress).map(toInvalid),
    ...superfluous,
    ...catalog.foreignKeys.filter((key) => !usable.some((index) => serves(index, key))).map(toMissing),
    ...findScannedTables(catalog),
    ...usable
      .filter((index) => !reported.has(index.name) && index.scans === 0 && isDroppable(index))
      .filter((index) => !catalog.foreignKeys.some((key) => serves(index, key)))
      .map(toUnused),
  ];
}

function isDroppable({ isUnique, isNeeded }: IndexRow): boolean {
  return !isUnique && !isNeeded;
}

function toInvalid(index: IndexRow): IndexFinding {
  return {
    kind: 'invalid',
    table: index.table,
    index: index.name,
    reason: 'It was not built to the end: it costs every write and serves no query',
    sql: `REINDEX INDEX CONCURRENTLY ${qualify(index.schema, index.name)};`,
    downSql: '-- nothing to undo: the same index, built to the end',
  };
}

function findSuperfluous(indexes: readonly IndexRow[]): IndexFinding[] {
  const dropped = new Set<IndexRow>();
  const findings: IndexFinding[] = [];
  for (const index of indexes) {
    // What an index repeats has to stay: of two equal ones only one is dropped.
    const others = indexes.filter((other) => other !== index && !dropped.has(other));
    const equal = others.find((other) => repeats(index, other));
    const longer = equal ?? others.find((other) => isPrefix(index, other));
    if (!longer) continue;
    dropped.add(index);
    findings.push({
      kind: equal ? 'duplicate' : 'redundant',
      table: index.table,
      index: index.name,
      reason: equal ? `It is the same as ${longer.name}` : `${longer.name} begins with the same columns`,
      sql: dropIndexSql(index),
      downSql: createIndexSql(index),
    });
  }
  return findings;
}

/** True when `index` may go because `other` does all that it does. */
function repeats(index: IndexRow, other: IndexRow): boolean {
  if (index.isNeeded || !isSameKind(index, other) || !isSameList(index.keys, other.keys)) return false;
  if (!isSameList(index.keyTraits, other.keyTraits) || index.predicate !== other.predicate) return false;
  if (!index.included.every((column) => other.included.includes(column))) return false;
  return !index.isUnique || (other.isUnique && index.nullsNotDistinct === other.nullsNotDistinct);
}

/** True when `other` can be searched as `index` can: it has the same keys, and more after them. */
function isPrefix(index: IndexRow, other: IndexRow): boolean {
  if (!isDroppable(index) || !isSameKind(index, other) || index.method !== 'btree') return false;
  if (index.predicate !== other.predicate || index.keys.length >= other.keys.length) return false;
  const { length } = index.keys;
  const carried = [...other.keys, ...other.included];
  return (
    isSameList(index.keys, other.keys.slice(0, length)) &&
    isSameList(index.keyTraits, other.keyTraits.slice(0, length)) &&
    index.included.every((column) => carried.includes(column))
  );
}

function isSameKind(one: IndexRow, other: IndexRow): boolean {
  return one.schema === other.schema && one.table === other.table && one.method === other.method;
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((entry, position) => entry === other[position]);
}

/** True when the rows of a foreign key are found by the index: it begins with its columns, in any order, and has all rows that refer. */
function serves(index: IndexRow, { schema, table, columns }: ForeignKeyRow): boolean {
  if (index.schema !== schema || index.table !== table || !['btree', 'hash'].includes(index.method))
    return false;
  const leading = index.keys.slice(0, columns.length);
  const hasAllRows =
    index.predicate === null || (columns.length === 1 && index.predicate === `(${columns[0]} IS NOT NULL)`);
  return hasAllRows && columns.every((column) => leading.includes(column));
}

function toMissing({ schema, table, name, columns, referencedTable }: ForeignKeyRow): IndexFinding {
  const index = `${table}_${columns.join('_')}_fk_idx`.slice(0, 63);
  return {
    kind: 'missing_on_foreign_key',
    table,
    index: null,
    reason: `${name} has no index: each delete in ${referencedTable} reads all of ${table}`,
    sql: createIndexSql({ schema, table, name: index, columns }),
    downSql: dropIndexSql({ schema, name: index }),
  };
}

function toUnused(index: IndexRow): IndexFinding {
  return {
    kind: 'unused',
    table: index.table,
    index: index.name,
    reason: `No query has used it (${Math.ceil(index.sizeBytes / 1024)} KB) since the statistics began`,
    sql: dropIndexSql(index),
    downSql: createIndexSql(index),
  };
}
