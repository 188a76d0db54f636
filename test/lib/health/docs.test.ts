import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allChecks } from '#lib/health/all-checks.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/health.md'), 'utf8');

test('the page for who is on call has every check, and says which are critical', () => {
  const rows = [...page.matchAll(/^\| `(\w+:\w+)` \| (yes|no) \|/gm)].map(([, name, word]) => [
    name,
    word === 'yes',
  ]);
  expect(rows.sort()).toEqual(allChecks.map(({ name, isCritical }) => [name, isCritical]).sort());
});

test('no two checks have one name', () => {
  expect(new Set(allChecks.map(({ name }) => name)).size).toBe(allChecks.length);
});
