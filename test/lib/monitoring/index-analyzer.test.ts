import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getPool } from '#lib/db/client.ts';
import type { CatalogRows } from '#lib/monitoring/catalog-rows.ts';
import { analyzeIndexes } from '#lib/monitoring/index-analyzer.ts';
import { readForeignKeys, readIndexes, readTableScans } from '#lib/monitoring/read-catalog.ts';
import { sql } from '#test/support/tenant.ts';

/** What the analyzer sees of one schema. */
async function readSchema(schema: string, statements: CatalogRows['statements'] = []) {
  const catalog = await getPool().transaction(async (tx) => ({
    indexes: await readIndexes(tx),
    foreignKeys: await readForeignKeys(tx),
    tables: await readTableScans(tx),
  }));
  const within = <T extends { schema: string }>(rows: readonly T[]) =>
    rows.filter((row) => row.schema === schema);
  return {
    indexes: within(catalog.indexes),
    foreignKeys: within(catalog.foreignKeys),
    tables: within(catalog.tables),
    statements,
  };
}

beforeAll(async () => {
  await sql.unsafe(`
    drop schema if exists bad cascade;
    create schema bad;
    set search_path = bad;
    create table customers (id int primary key, email text unique, region text, "Odd ""name""" int);
    create table orders (
      id int primary key,
      customer_id int not null references customers,
      reviewer_id int references customers,
      maybe_id int references customers,
      status text, amount int, note text,
      unique (status, amount)
    );
    -- Duplicates: of a primary key, of each other, and one that differs in nothing but INCLUDE.
    create index orders_id_again on orders (id);
    create index orders_amount_a on orders (amount);
    create index orders_amount_b on orders (amount);
    create index orders_note_plain on orders (note);
    create index orders_note_more on orders (note) include (status);
    -- Redundant: the beginning of a longer one, and of a unique constraint.
    create index orders_amount_note on orders (amount, note);
    create index orders_status on orders (status);
    -- Serves no query and no foreign key.
    create index customers_region on customers (region);
    create index customers_odd on customers ("Odd ""name""");
    -- Foreign keys: one with a partial index that has all rows that refer, one with one that has not.
    create index orders_maybe on orders (maybe_id) where maybe_id is not null;
    create index orders_reviewer_open on orders (reviewer_id) where status = 'open';
    reset search_path`);
});
afterAll(() => sql`drop schema bad cascade`);

describe('of a schema made bad on purpose', () => {
  test('finds each duplicate, redundant and unused index and each foreign key without one, and nothing else', async () => {
    const findings = analyzeIndexes(await readSchema('bad'));
    expect(findings.map(({ kind, index, table }) => `${kind} ${table} ${index}`).sort()).toEqual([
      'duplicate orders orders_amount_a',
      'duplicate orders orders_id_again',
      'duplicate orders orders_note_plain',
      'missing_on_foreign_key orders null',
      'missing_on_foreign_key orders null',
      'redundant orders orders_amount_b',
      'redundant orders orders_status',
      'unused customers customers_odd',
      'unused customers customers_region',
      'unused orders orders_amount_note',
      'unused orders orders_note_more',
      'unused orders orders_reviewer_open',
    ]);
    const missing = findings
      .filter(({ kind }) => kind === 'missing_on_foreign_key')
      .map(({ reason }) => reason);
    expect(missing).toEqual([
      expect.stringContaining('orders_customer_id_fkey'),
      expect.stringContaining('orders_reviewer_id_fkey'),
    ]);
  });

  test('gives SQL that mends each finding, and SQL that brings back what was', async () => {
    const definitions = async () =>
      (await sql`select indexdef from pg_indexes where schemaname = 'bad' order by 1`).map(
        ({ indexdef }) => indexdef,
      );
    const before = await definitions();
    const findings = analyzeIndexes(await readSchema('bad'));
    for (const finding of findings) await sql.unsafe(String(finding.sql));
    expect(analyzeIndexes(await readSchema('bad'))).toEqual([
      // Made a moment ago, and in use by nobody but the foreign key: not reported.
    ]);
    for (const finding of findings.toReversed()) await sql.unsafe(String(finding.downSql));
    expect(await definitions()).toEqual(before);
  });

  test('finds an index that was not built to the end', async () => {
    await sql`create table bad.twins as select 1 as id from generate_series(1, 2)`;
    await expect(sql`create unique index concurrently twins_id on bad.twins (id)`).rejects.toThrow(
      'could not create',
    );
    const [finding] = analyzeIndexes(await readSchema('bad'));
    expect(finding).toMatchObject({ kind: 'invalid', index: 'twins_id' });
    await sql`delete from bad.twins`;
    await sql.unsafe(String(finding?.sql));
    expect(analyzeIndexes(await readSchema('bad')).map(({ kind }) => kind)).not.toContain('invalid');
    await sql`drop table bad.twins`;
  });

  test('finds a large table that is read row by row, and the column its statements compare', async () => {
    await sql`create table bad.events as select n as id, 'kind ' || n % 500 as kind from generate_series(1, 12000) n`;
    await sql`analyze bad.events`;
    for (let count = 0; count < 60; count++)
      await sql`select id from bad.events where kind = ${`kind ${count}`}`;
    await sql`select pg_stat_force_next_flush()`;
    await expect
      .poll(
        async () => (await readSchema('bad')).tables.find(({ table }) => table === 'events')?.sequentialScans,
      )
      .toBeGreaterThan(50);
    const statements = [{ query: 'select id from bad.events where kind = $1', calls: 60 }];
    const find = async (known: CatalogRows['statements']) =>
      analyzeIndexes(await readSchema('bad', known)).find(({ kind }) => kind === 'sequential_scans');
    expect(await find([])).toMatchObject({ table: 'events', sql: null, downSql: null });
    expect(await find(statements)).toMatchObject({
      sql: 'CREATE INDEX CONCURRENTLY "events_kind_idx" ON "bad"."events" ("kind");',
      downSql: 'DROP INDEX CONCURRENTLY "bad"."events_kind_idx";',
    });
    await sql`drop table bad.events`;
  });
});

test.each([
  ['another order', 'create index a on t (x, y)', 'create index b on t (x, y desc)'],
  ['another order of the columns', 'create index a on t (x, y)', 'create index b on t (y, x)'],
  ['another operator class', 'create index a on t (z)', 'create index b on t (z text_pattern_ops)'],
  ['another collation', 'create index a on t (z)', 'create index b on t (z collate "C")'],
  ['another condition', 'create index a on t (x) where y > 1', 'create index b on t (x) where y > 2'],
  ['a condition', 'create index a on t (x)', 'create index b on t (x, y) where y > 1'],
  ['another expression', 'create index a on t (lower(z))', 'create index b on t (upper(z))'],
  ['another method', 'create index a on t (x)', 'create index b on t using hash (x)'],
  [
    'columns of its own in INCLUDE',
    'create index a on t (x) include (y)',
    'create index b on t (x) include (z)',
  ],
  ['uniqueness', 'create unique index a on t (x)', 'create unique index b on t (x, y)'],
  [
    'another treatment of nulls',
    'create unique index a on t (x)',
    'create unique index b on t (x) nulls not distinct',
  ],
])('two indexes with %s are not called the same', async (_, one, two) => {
  await sql.unsafe(`drop schema if exists good cascade; create schema good; set search_path = good;
    create table t (x int, y int, z text); ${one}; ${two}; reset search_path`);
  const kinds = analyzeIndexes(await readSchema('good')).map(({ kind }) => kind);
  await sql`drop schema good cascade`;
  expect(kinds.filter((kind) => kind !== 'unused')).toEqual([]);
});

test('of two equal unique indexes the one that a constraint or a foreign key needs stays', async () => {
  await sql.unsafe(`drop schema if exists good cascade; create schema good; set search_path = good;
    create table t (x int not null); create unique index a on t (x); alter table t add constraint b unique using index a;
    create unique index c on t (x); create table u (x int references t (x)); create index on u (x);
    reset search_path`);
  const findings = analyzeIndexes(await readSchema('good'));
  await sql`drop schema good cascade`;
  expect(findings.map(({ kind, index }) => [kind, index])).toEqual([['duplicate', 'c']]);
});

test('our own schema has no finding but indexes that the tests have not used', async () => {
  const findings = analyzeIndexes(await readSchema('public'));
  expect(findings.filter(({ kind }) => kind !== 'unused')).toEqual([]);
});
