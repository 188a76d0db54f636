import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Migration, readMigrations } from '#drizzle/migrator/migration-files.ts';

interface Files {
  readonly name: string;
  readonly up: string;
  readonly down: string;
}

export const first: Files = {
  name: '0000_things',
  up: 'create table "things" ("id" integer primary key, "name" text not null);',
  down: '-- loses: the things\ndrop table "things";',
};
export const second: Files = {
  name: '0001_size',
  up: 'alter table "things" add column "size" integer;',
  down: '-- loses: the sizes\nalter table "things" drop column "size";',
};

const folders: string[] = [];

/** Migrations in a folder of their own, until the end of the test file. */
export function writeMigrations(...all: Files[]): Migration[] & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-migrations-'));
  folders.push(folder);
  mkdirSync(join(folder, 'meta'));
  const entries = all.map(({ name: tag }, idx) => ({
    idx,
    version: '7',
    tag,
    when: 1_000 + idx,
    breakpoints: true,
  }));
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ dialect: 'postgresql', entries }));
  for (const { name, up, down } of all) {
    writeFileSync(join(folder, `${name}.sql`), up);
    writeFileSync(join(folder, `${name}.down.sql`), down);
  }
  return Object.assign(readMigrations(folder), { folder });
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
