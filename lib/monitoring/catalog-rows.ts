/** An index as the catalogs describe it. */
export interface IndexRow {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly method: string;
  /** Expressions as text, plain columns by name; without INCLUDE. */
  readonly keys: readonly string[];
  /** Operator class, collation and order of each key: two indexes with other ones serve other queries. */
  readonly keyTraits: readonly string[];
  readonly included: readonly string[];
  readonly hasExpressions: boolean;
  readonly predicate: string | null;
  readonly isUnique: boolean;
  readonly nullsNotDistinct: boolean;
  /** Belongs to a constraint, a foreign key of another table refers to it, or the table is replicated or clustered by it. */
  readonly isNeeded: boolean;
  readonly isValid: boolean;
  /** A CREATE or REINDEX CONCURRENTLY is working on it. */
  readonly isInProgress: boolean;
  readonly scans: number;
  readonly sizeBytes: number;
  readonly definition: string;
}

export interface ForeignKeyRow {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedTable: string;
}

export interface TableRow {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly liveRows: number;
  readonly sequentialScans: number;
  /** Rows that sequential scans read. */
  readonly scannedRows: number;
  readonly indexScans: number;
}

/** A statement of pg_stat_statements: parameters in place of values. */
export interface StatementRow {
  readonly query: string;
  readonly calls: number;
}

export interface CatalogRows {
  readonly indexes: readonly IndexRow[];
  readonly foreignKeys: readonly ForeignKeyRow[];
  readonly tables: readonly TableRow[];
  readonly statements: readonly StatementRow[];
}
