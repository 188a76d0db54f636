import { randomBytes } from 'node:crypto';
import { hashToken } from '#lib/auth/hash-token.ts';

/** What a key that is well-formed claims; the secret goes no further than its hash. */
export interface ApiKeyCredential {
  readonly id: string;
  readonly secretHash: string;
}

// Digits that a double click selects as one word, and that no shell or URL quotes.
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
// 62^43 > 2^256 and 62^6 > 2^32.
const secretLength = 43;
const checksumLength = 6;
// Every part has a fixed length: a long text is refused at its first wrong character.
const pattern = /^(plk_([0-9a-f]{32})_([0-9A-Za-z]{43}))([0-9A-Za-z]{6})$/;

/** A new key `plk_<id>_<secret><checksum>` with a secret of 256 random bits, to be shown once, and the hash to keep. */
export function generateKey(id: string): { key: string; secretHash: string } {
  const secret = toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength);
  const unsigned = `plk_${id.replaceAll('-', '')}_${secret}`;
  return { key: unsigned + checksumOf(unsigned), secretHash: hashToken(secret) };
}

/** Undefined for a text that cannot be a key; the checksum finds every single wrong character, and of worse typos all but one in four billion. */
export function parseKey(text: string): ApiKeyCredential | undefined {
  const [, unsigned, hex, secret, checksum] = pattern.exec(text) ?? [];
  if (!unsigned || !hex || !secret || checksum !== checksumOf(unsigned)) return undefined;
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { id, secretHash: hashToken(secret) };
}

/** Not a signature: anyone can compute it, so that leaked keys are recognized by scanners. */
function checksumOf(unsigned: string): string {
  // Loaded here: at initialization it would cost every function 4 ms, and few requests have a key.
  const { crc32 } = process.getBuiltinModule('node:zlib');
  return toBase62(BigInt(crc32(unsigned)), checksumLength);
}

function toBase62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text;
  return text;
}
