import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { pageLimitBytes, toPage } from '#lib/pagination/to-page.ts';

Object.assign(process.env, {
  PLINTH_STAGE: 'test',
  DATABASE_URL: 'postgres://nowhere',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
  UPSTASH_REDIS_REST_TOKEN: 'x',
  AUTH_SECRET: randomBytes(32).toString('base64url'),
});

const characters = {
  escaped: '\u0001',
  quoted: '"',
  'of three bytes': '€',
  'of four bytes': '😀',
  plain: 'a',
};
const shapes = {
  text: (value: string) => ({ value }),
  'a list': (value: string) => ({ value: [value] }),
  'an object': (value: string) => ({ value: { [value]: { value } } }),
};
const cases = Object.entries(characters).flatMap(([kind, character]) =>
  Object.entries(shapes).map(([shape, toRow]) => ({ kind, shape, row: toRow(character.repeat(9_999)) })),
);

test.each(cases)('a page of $shape of characters that are $kind holds what fits, and no more', ({ row }) => {
  const fits = Math.floor(pageLimitBytes / (Buffer.byteLength(JSON.stringify(row)) + 1));
  const rows = Array.from({ length: fits + 2 }, () => row);
  expect(toPage(rows, fits, ['test'], () => ['position']).items).toHaveLength(fits);
  const { items, nextCursor } = toPage(rows, fits + 2, ['test'], () => ['position']);
  expect(items).toHaveLength(fits);
  expect(nextCursor).toBeDefined();
});

test('small columns are bounded by their names and numbers', () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `c${index}`.padEnd(63, 'x'));
  const row = Object.fromEntries(names.map((name) => [name, -Number.MAX_VALUE]));
  const fits = Math.floor(pageLimitBytes / (Buffer.byteLength(JSON.stringify(row)) + 1));
  const rows = Array.from({ length: fits + 1 }, () => row);
  expect(toPage(rows, fits + 1, ['test'], () => ['position']).items).toHaveLength(fits);
});

test('a row that is too large alone is a page', () => {
  const row = { value: 'a'.repeat(pageLimitBytes) };
  expect(toPage([row, row], 2, ['test'], () => ['position']).items).toHaveLength(1);
});
