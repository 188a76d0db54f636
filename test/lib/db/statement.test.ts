import { expect, test } from 'vitest';
import { isRead } from '#lib/db/statement.ts';

test.each([
  ['select * from "projects" where "updated_at" < $1', true],
  [' WITH recent AS (SELECT 1) SELECT * FROM recent', true],
  ['with "noted" as (update "api_keys" set "last_used_at" = $1 returning *) select * from "noted"', false],
  ['with gone as (delete from projects returning id) select id from gone', false],
  ['select * from projects for update', false],
  ['select nextval($1)', false],
  ['select set_config($1, $2, false)', false],
  ['insert into projects default values', false],
  ['call purge()', false],
  ['', false],
])('%s: running it twice changes nothing: %s', (text, expected) => {
  expect(isRead(text)).toBe(expected);
});
