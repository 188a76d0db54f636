import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateKey, parseKey } from '#lib/api-keys/key-format.ts';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const isKey = /^plk_[0-9a-f]{32}_[0-9A-Za-z]{49}$/;

test('a key has one form, tells its id, and its secret is kept as a hash only', () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      const { key, secretHash } = generateKey(id);
      expect(key).toMatch(isKey);
      expect(parseKey(key)).toEqual({ id, secretHash });
      expect(key).not.toContain(secretHash);
    }),
  );
});

test('the checksum of a known key never changes: scanners and issued keys rely on it', () => {
  const key = `plk_0198000000007000800000000000000b_${'0123456789'.repeat(4)}abc`;
  expect(parseKey(`${key}0OVnwW`)).toEqual({
    id: '01980000-0000-7000-8000-00000000000b',
    secretHash: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('no two secrets are the same, and every digit is used', () => {
  const id = randomUUID();
  const secrets = Array.from({ length: 1000 }, () => generateKey(id).key.slice(37, 80));
  expect(new Set(secrets).size).toBe(1000);
  expect([...new Set(secrets.join(''))].sort().join('')).toBe(digits);
});

test('one wrong character anywhere is refused', () => {
  const { key } = generateKey(randomUUID());
  for (let position = 0; position < key.length; position++)
    for (const character of `${digits}_-`)
      if (key[position] !== character)
        expect(parseKey(key.slice(0, position) + character + key.slice(position + 1))).toBeUndefined();
});

test('two neighbours that changed places are refused', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.nat(78), (id, position) => {
      const { key } = generateKey(id);
      const [a = '', b = ''] = [key[position], key[position + 1]];
      fc.pre(a !== b);
      expect(parseKey(key.slice(0, position) + b + a + key.slice(position + 2))).toBeUndefined();
    }),
  );
});

test('whatever else is no key, also when it is long', () => {
  const { key } = generateKey(randomUUID());
  for (const text of [
    '',
    'plk_',
    ` ${key}`,
    `${key} `,
    `${key}\n`,
    `${key}, ${key}`,
    `${key}${key}`,
    key.toUpperCase(),
    key.slice(0, -1),
    'x'.repeat(100_000),
    `plk_${'0'.repeat(100_000)}`,
    key.padEnd(100_000, '0'),
  ])
    expect(parseKey(text), text.slice(0, 100)).toBeUndefined();
  fc.assert(fc.property(fc.string(), (text) => parseKey(text) === undefined));
});
