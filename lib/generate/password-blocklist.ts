import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { digestOf } from '#lib/accounts/is-blocklisted.ts';

// 27 KB, which take 1 ms to read.
const listLength = 5_000;
const shortest = 4;

/**
 * lib/accounts/password-blocklist.txt: the most common passwords, of each the first 32 bits of its SHA-256, one behind the other, in
 * base64. A list of the passwords themselves is nothing to have in a repository.
 */
export function renderPasswordBlocklist(): string {
  const path = createRequire(import.meta.url).resolve('@zxcvbn-ts/language-common/src/passwords.json');
  const byFrequency: string[] = JSON.parse(readFileSync(path, 'utf8'));
  const passwords = byFrequency.filter((password) => password.length >= shortest);
  const chosen = passwords.filter((password, index) => index < listLength || password.length >= 15);
  const bytes = Buffer.alloc(chosen.length * 4);
  for (const [index, password] of chosen.entries())
    bytes.writeUInt32BE(digestOf(password.toLowerCase()), index * 4);
  return bytes.toString('base64');
}
