import { createHash } from 'node:crypto';

/** What rows as COPY writes them amount to. */
export interface Tally {
  rows: number;
  sizeBytes: number;
  sha256: string;
}

const newline = 10;

/** Passes rows on; `tally` is filled when the last has passed. COPY writes a line a row, and a newline within one as `\n`. */
export async function* counting(source: AsyncIterable<Buffer>, tally: Tally): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of source) {
    tally.sizeBytes += piece.length;
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) tally.rows++;
    hash.update(piece);
    yield piece;
  }
  tally.sha256 = hash.digest('hex');
}

export function emptyTally(): Tally {
  return { rows: 0, sizeBytes: 0, sha256: '' };
}

/** Whether both are the same rows in the same order. */
export function isSame(one: Tally, other: Tally): boolean {
  return one.rows === other.rows && one.sizeBytes === other.sizeBytes && one.sha256 === other.sha256;
}
