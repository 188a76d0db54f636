import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Read on first use and in no bundle: 27 KB. A bundle lies as deep below the root of its package as this file below ours.
const blocklistFile = join(import.meta.dirname, '../../lib/accounts/password-blocklist.txt');

let digests: ReadonlySet<number> | undefined;

/**
 * True for a password of the list, and for two of them in a row, as in `password1234567`: few of the common ones are as
 * long as ours have to be. The text is in lower case.
 */
export function isBlocklisted(text: string): boolean {
  digests ??= readDigests();
  const isListed = (part: string) => digests?.has(digestOf(part)) === true;
  if (isListed(text)) return true;
  return Array.from(text, (_, index) => index).some(
    (index) => isListed(text.slice(0, index)) && isListed(text.slice(index)),
  );
}

/** 32 bits: of a million passwords that are not on the list, one is refused. */
export function digestOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}

function readDigests(): ReadonlySet<number> {
  const bytes = Buffer.from(readFileSync(blocklistFile, 'latin1'), 'base64');
  return new Set(Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(index * 4)));
}
