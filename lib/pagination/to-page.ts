import { type CursorScope, sealCursor } from './cursor.ts';

interface Page<Row> {
  items: Row[];
  nextCursor?: string;
}

/** A page of the rows that were found, of which one more than `limit` says that there is a next page. */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  scope: CursorScope,
  positionOf: (row: Row) => readonly string[],
): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined
    ? { items, nextCursor: sealCursor(scope, positionOf(last)) }
    : { items };
}
