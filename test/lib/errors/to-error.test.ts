import { DrizzleQueryError } from 'drizzle-orm/errors';
import { expect, test } from 'vitest';
import { toError } from '#lib/errors/to-error.ts';

test('an Error stays itself, everything else becomes one', () => {
  const error = new TypeError('kept');
  expect(toError(error)).toBe(error);
  expect(toError('text').message).toBe('text');
  for (const thrown of [null, undefined, 7, { toString: null }, Symbol('x'), Object.create(null)])
    expect(toError(thrown)).toBeInstanceOf(Error);
});

test('the parameters of a failed query do not reach the log', () => {
  const cause = new Error('duplicate key');
  const error = toError(new DrizzleQueryError('insert into users values ($1)', ['hunter2'], cause));
  expect(error.message).toBe('query failed: insert into users values ($1)');
  expect(error.cause).toBe(cause);
  expect(error.stack).not.toContain('hunter2');
});
