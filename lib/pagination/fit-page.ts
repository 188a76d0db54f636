// Lambda takes and answers 6 MB of JSON, in which a quote or backslash of a body counts twice: 2 x 2 MB, and 2 MB for the
// reasons why an import refuses the lines of such a page.
export const pageLimitBytes = 2_000_000;

/** The first rows that fit into one answer together, and at least one. */
export function fitPage<T>(rows: T[]): T[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    return index > 0 && bytes > pageLimitBytes;
  });
  return end === -1 ? rows : rows.slice(0, end);
}
