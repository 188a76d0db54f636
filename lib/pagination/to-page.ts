import { type CursorScope, sealCursor } from './cursor.ts';

// Lambda takes and answers 6 MB of JSON, in which a quote or backslash of a body counts twice: 2 x 2 MB, and 2 MB for the
// reasons why an import refuses the lines of such a page.
export const pageLimitBytes = 2_000_000;

interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/**
 * The page that a query for `limit` rows and one more has found: the rows that fit into one answer together, at least one, and
 * the cursor behind the last of them when there are more.
 */
export function toPage<T extends object>(
  rows: T[],
  limit: number,
  scope: CursorScope,
  positionOf: (row: T) => readonly string[],
): Page<T> {
  const items = bounded(rows.slice(0, limit));
  const last = items.at(-1);
  if (last === undefined || rows.length === items.length) return { items };
  return { items, nextCursor: sealCursor(scope, positionOf(last)) };
}

function bounded<T extends object>(rows: T[]): T[] {
  if (rows.reduce((bytes, row) => bytes + atMostBytes(row), 0) <= pageLimitBytes) return rows;
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    return index > 0 && bytes > pageLimitBytes;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

/**
 * At least the bytes of a row as JSON, in a quarter of the time, which is what nearly all pages need: of text a character takes six at
 * most, escaped; a column's name, of 63 characters at most, with a number or a time takes fewer than a hundred.
 */
function atMostBytes(row: object): number {
  let bytes = 0;
  for (const value of Object.values(row)) {
    bytes += 100;
    if (typeof value === 'string') bytes += 6 * value.length;
    else if (typeof value === 'object' && value !== null) bytes += 3 * JSON.stringify(value).length;
  }
  return bytes;
}
