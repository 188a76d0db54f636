import { expect, test } from 'vitest';
import { redact } from '#lib/audit/redact.ts';

test.each([
  ['password', 'plain', '[redacted]'],
  ['passwordHash', null, '[redacted]'],
  ['Token', { deep: 1 }, '[redacted]'],
  ['metadata', { api: [{ secret: 1, name: 'kept' }] }, { api: [{ secret: '[redacted]', name: 'kept' }] }],
  ['name', 'token', 'token'],
  ['tokens', 3, 3],
  ['secret', undefined, undefined],
])('%s %j is kept as %j', (field, value, kept) => {
  expect(redact(field, value)).toEqual(kept);
});
