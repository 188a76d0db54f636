import type { CopyConnection } from '#lib/db/copy-connection.ts';
import { knownMigrations } from '#lib/health/known-migrations.ts';
import { quoted, type TableShape } from './database-contents.ts';
import { knownTables } from './known-tables.ts';
import type { Manifest } from './manifest.ts';

/** Tables, and columns as `table.column`, that are there and not made by migrations (`+`), or the other way round (`-`). */
export function compareTables(found: readonly TableShape[], made: readonly TableShape[]): string[] {
  return [...missingIn(made, found, '+'), ...missingIn(found, made, '-')];
}

function missingIn(tables: readonly TableShape[], others: readonly TableShape[], sign: string): string[] {
  return others.flatMap(({ name, columns }) => {
    const table = tables.find((one) => one.name === name);
    if (!table) return `${sign} ${name}`;
    return columns.filter((one) => !table.columns.includes(one)).map((one) => `${sign} ${name}.${one}`);
  });
}

/** What of a backup the migrations of this release do not make, so that a restore cannot do without `--accept-drift`. */
export function driftOf({ tables, migrations }: Manifest): string[] {
  // A newer or an older release migrated last: what it makes is for its own backups to judge.
  if (migrations.at(-1)?.createdAt !== knownMigrations.at(-1)) return [];
  const made = knownTables
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', ...columns] = line.split(' ');
      return { name, columns };
    });
  return compareTables(tables, made);
}

/** Makes the tables and columns of a backup out of those of its migrations: bare, as only names and types are known. */
export async function fitTables(
  connection: CopyConnection,
  tables: readonly TableShape[],
  made: readonly TableShape[],
): Promise<void> {
  for (const table of made) {
    const wanted = tables.find(({ name }) => name === table.name);
    if (!wanted) await connection.send(`drop table ${quoted(table.name)} cascade`);
    for (const column of table.columns.filter((one) => wanted && !wanted.columns.includes(one)))
      await connection.send(`alter table ${quoted(table.name)} drop column ${quoted(column)} cascade`);
  }
  for (const table of tables) {
    const present = made.find(({ name }) => name === table.name);
    if (!present) await connection.send(`create table ${quoted(table.name)} ()`);
    for (const column of table.columns.filter((one) => !present?.columns.includes(one))) {
      const type = await typeOf(connection, table, column);
      await connection.send(`alter table ${quoted(table.name)} add column ${quoted(column)} ${type}`);
    }
  }
}

/** In place of a type that migrations do not make it is text: the values are all there. */
async function typeOf(connection: CopyConnection, { columns, types }: TableShape, column: string) {
  const type = types?.[columns.indexOf(column)] ?? 'text';
  const [known] = await connection.send('select to_regtype($1) is not null as here', [type]);
  return known?.here ? type : 'text';
}

/** The first line of each object that is in one catalogue and not in the other. */
export function missingObjects(before: readonly string[], now: readonly string[]): string[] {
  const present = new Set(now);
  return before.filter((one) => !present.has(one)).map((one) => one.split('\n', 1).join('').slice(0, 200));
}
