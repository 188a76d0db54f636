import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { describe, expect, test } from 'vitest';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { migrateUp } from '#drizzle/migrator/migrate-up.ts';
import { readMigrations } from '#drizzle/migrator/migration-files.ts';
import { readIndexProgress } from '#drizzle/migrator/progress.ts';
import { readStatus } from '#drizzle/migrator/read-status.ts';
import { rollBack } from '#drizzle/migrator/roll-back.ts';
import { assertSameProcess } from '#drizzle/migrator/session.ts';
import { createDatabase, readCatalogue, withClient } from '#test/support/scratch-database.ts';
import { first, second, writeMigrations } from '#test/support/scratch-migrations.ts';

const migrations = writeMigrations(first, second);
const root = join(import.meta.dirname, '../..');

test('two migrations at once take turns, and a third has nothing to do', async () => {
  const url = await createDatabase();
  const applied = await Promise.all([migrateDatabase(url), migrateDatabase(url)]);
  expect(applied.sort()).toEqual([0, readMigrations().length]);
  expect(await migrateDatabase(url)).toBe(0);
});

describe('while another process migrates', () => {
  test('the next one refuses when it has waited for long enough, and says for whom', async () => {
    const url = await createDatabase();
    await withClient(url, async (other) => {
      const [holder] = await other`select pg_backend_pid() as pid, pg_advisory_lock(7021986)`;
      const lines: string[] = [];
      const late = migrateUp(url, { migrations, waitMs: 300, report: (line) => lines.push(line) });
      await expect(late).rejects.toThrow(`Another process, pid ${holder?.pid} of the server`);
      expect(lines).toEqual([`another process migrates (pid ${holder?.pid}): waiting for its end`]);
    });
  });

  test('an index that is built concurrently does not wait for the one that waits', async () => {
    const url = await createDatabase();
    const building = writeMigrations(first, {
      name: '0001_index',
      up: '-- no-transaction\ncreate index concurrently if not exists "things_name_idx" on "things" ("name");',
      down: '-- loses: nothing\n-- no-transaction\ndrop index concurrently if exists "things_name_idx";',
    });
    await migrateUp(url, { migrations: building.slice(0, 1) });
    await withClient(url, (client) =>
      withClient(url, async (observer) => {
        let release = () => {};
        const released = new Promise<void>((resolve) => {
          release = resolve;
        });
        const writing = client.begin(async (tx) => {
          await tx`insert into things (id, name) values (1, 'a')`;
          await released;
        });
        const runs = [migrateUp(url, { migrations: building }), migrateUp(url, { migrations: building })];
        const progress = async () => {
          const [row] = await observer`select pid from pg_stat_progress_create_index`;
          return row ? readIndexProgress(observer, row.pid) : '';
        };
        await expect.poll(progress, { timeout: 10_000 }).toMatch(/^an index on things, waiting for writers/);
        release();
        await writing;
        expect((await Promise.all(runs)).map(({ length }) => length).sort()).toEqual([0, 1]);
        expect((await rollBack(url, { migrations: building })).length).toBe(1);
      }),
    );
  });
});

describe('a migration that fails', () => {
  test('leaves the database as it was, and says where, why and what to do', async () => {
    const url = await createDatabase();
    await migrateUp(url, { migrations });
    const before = await readCatalogue(url);
    const failing = writeMigrations(first, second, {
      name: '0002_failing',
      up: 'create table "more" ("id" integer);\n--> statement-breakpoint\nalter table "things"\n  add column "a" integer,\n  add column "name" text;',
      down: '-- loses: nothing',
    });
    const error = await migrateUp(url, { migrations: failing }).catch((thrown: unknown) => thrown);
    expect((error as Error).message.split('\n')).toEqual([
      expect.stringMatching(
        /^drizzle\/0002_failing.sql:3, statement 2 of 2: column "name" of relation "things" already exists \(42701\)$/,
      ),
      '  alter table "things"',
      'Nothing of 0002_failing.sql was kept.',
      'Correct the file, then run it again.',
    ]);
    expect(await readCatalogue(url)).toEqual(before);
    expect((await readStatus(url, failing)).migrations.map(({ state }) => state)).toEqual([
      'applied',
      'applied',
      'pending',
    ]);
  });

  test('never quotes rows', async () => {
    const url = await createDatabase();
    await migrateUp(url, { migrations });
    await withClient(url, (sql) => sql`insert into things (id, name) values (1, 'ada@x'), (2, 'ada@x')`);
    const unique = { name: '0002_unique', up: 'create unique index on "things" ("name");', down: '' };
    const failure = migrateUp(url, { migrations: writeMigrations(first, second, unique) });
    const error = await failure.catch((thrown: unknown) => thrown);
    expect((error as Error).message).toMatch(/\(23505\)[\s\S]*Correct them first/);
    expect((error as Error).message).not.toContain('ada@x');
    const retyped = {
      name: '0002_retyped',
      up: 'alter table "things" alter column "name" type integer using "name"::integer;',
      down: '',
    };
    const conversion = migrateUp(url, { migrations: writeMigrations(first, second, retyped) });
    const refusal = await conversion.catch((thrown: unknown) => thrown);
    expect((refusal as Error).message).toMatch(
      /syntax for type integer: "…" \(22P02\)[\s\S]*Correct them first/,
    );
    expect(inspect(refusal)).not.toContain('ada@x');
  });

  test('because its connection was lost leaves nothing, and nothing is done on another connection', async () => {
    const url = await createDatabase();
    const lost = {
      name: '0001_lost',
      up: 'create table "more" ();\n--> statement-breakpoint\nselect pg_terminate_backend(pg_backend_pid());',
      down: '',
    };
    await expect(migrateUp(url, { migrations: writeMigrations(first, lost) })).rejects.toThrow(
      /Nothing of 0001_lost.sql was kept.\nThe connection was lost/,
    );
    expect(await migrateUp(url, { migrations })).toEqual(['0001_size']);
    const before = withClient(url, (client) => assertSameProcess(client, 1));
    await expect(before).rejects.toThrow('there is a transaction pooler on the way');
  });

  test('because of its time says how to give it more', async () => {
    const url = await createDatabase();
    const slow = { name: '0000_slow', up: '-- statement-timeout: 1s\nselect pg_sleep(60);', down: '' };
    await expect(migrateUp(url, { migrations: writeMigrations(slow) })).rejects.toThrow(
      /\(57014\)[\s\S]*-- statement-timeout: 10min/,
    );
    await expect(migrateUp(url, { migrations, deadlineAtMs: performance.now() })).rejects.toThrow(
      /^No time is left for 0000_things.sql; nothing of it was kept/,
    );
  });
});

test('a lock that somebody holds is asked for again until it is free', async () => {
  const url = await createDatabase();
  await migrateUp(url, { migrations: migrations.slice(0, 1) });
  await withClient(url, async (client) => {
    const { promise: held, resolve: hold } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const reading = client.begin(async (tx) => {
      await tx`select from things`;
      hold();
      await released;
    });
    await held;
    const report = (line: string) => line.includes('a lock was not to be had, attempt 1 of 20') && release();
    expect(await migrateUp(url, { migrations, report })).toEqual(['0001_size']);
    await reading;
  });
});

test('an index that could not be built concurrently is not left behind, nor is one of a run that was killed', async () => {
  const url = await createDatabase();
  const statement = 'create unique index concurrently if not exists "things_key" on "things" ("name")';
  const up = `-- no-transaction\nalter table "things" add column if not exists "note" text;\n--> statement-breakpoint\n${statement};`;
  const withIndex = writeMigrations(first, { name: '0001_key', up, down: '-- loses: nothing' });
  await migrateUp(url, { migrations: withIndex.slice(0, 1) });
  await withClient(url, async (sql) => {
    const invalid = async () => (await readStatus(url, withIndex)).invalidIndexes;
    await sql`insert into things (id, name) values (1, 'a'), (2, 'a')`;
    await expect(migrateUp(url, { migrations: withIndex })).rejects.toThrow(
      'What its first 1 statement(s) did of 0001_key.sql was kept',
    );
    expect(await invalid()).toEqual([]);
    await expect(sql.unsafe(statement)).rejects.toThrow('could not create unique index');
    expect(await invalid()).toEqual(['things_key']);
    await sql`delete from things where id = 2`;
    const lines: string[] = [];
    await migrateUp(url, { migrations: withIndex, report: (line) => lines.push(line) });
    expect(lines).toContain('removing things_key, which an earlier run did not finish');
    expect(await invalid()).toEqual([]);
    await expect(sql`insert into things (id, name) values (3, 'a')`).rejects.toThrow('things_key');
  });
});

describe('what is applied', () => {
  test('must not change on disk, but for its comments', async () => {
    const url = await createDatabase();
    await migrateUp(url, { migrations });
    const commented = writeMigrations({ ...first, up: `-- Why.\n${first.up}` }, second);
    expect(await migrateUp(url, { migrations: commented })).toEqual([]);
    const changed = writeMigrations({ ...first, up: first.up.replace('text', 'varchar(9)') }, second);
    await expect(migrateUp(url, { migrations: changed })).rejects.toThrow(
      'Changed after they were applied: drizzle/0000_things.sql',
    );
    const { migrations: states } = await readStatus(url, changed);
    expect(states.map(({ state }) => state)).toEqual(['changed on disk', 'applied']);
  });

  test("by drizzle's own migrator is known, and by a newer release is left alone", async () => {
    const url = await createDatabase();
    await withClient(url, (client) => migrate(drizzle(client), { migrationsFolder: migrations.folder }));
    expect((await readStatus(url, migrations)).migrations.map(({ state }) => state)).toEqual([
      'applied',
      'applied',
    ]);
    const more = writeMigrations(first, second, {
      name: '0002_more',
      up: 'create table "more" ()',
      down: '',
    });
    expect(await migrateUp(url, { migrations: more })).toEqual(['0002_more']);
    expect(await migrateUp(url, { migrations })).toEqual([]);
    expect((await readStatus(url, migrations)).migrations.at(-1)).toMatchObject({
      name: '0002_more',
      state: 'of a newer release',
    });
    await expect(rollBack(url, { migrations })).rejects.toThrow('This release has no files of 0002_more');
  });
});

test('what somebody has changed by hand is seen, and nothing is migrated until somebody has decided', async () => {
  const url = await createDatabase();
  await migrateUp(url, { migrations: migrations.slice(0, 1) });
  const driftOf = async () => (await readStatus(url, migrations)).drift;
  await withClient(url, async (sql) => {
    await sql`grant select on things to public`;
    expect(await driftOf()).toEqual([]);
    await sql`alter table things alter column name set default 'x'`;
    await sql`create index by_hand on things (name)`;
  });
  const drift = [
    expect.stringMatching(/^- column things.name #2 text not_null=t default= /),
    expect.stringMatching(/^\+ column things.name #2 text not_null=t default='x'::text /),
    expect.stringMatching(/^\+ index CREATE INDEX by_hand ON public.things /),
  ];
  expect(await driftOf()).toEqual(drift);
  await expect(migrateUp(url, { migrations })).rejects.toThrow('Somebody has changed the schema by hand');
  expect(await migrateUp(url, { migrations, acceptDrift: true })).toEqual(['0001_size']);
  expect(await driftOf()).toEqual([]);
});

describe('a rollback', () => {
  test('undoes the last migration, or all after one, and the schema is what it was', async () => {
    const url = await createDatabase();
    await migrateUp(url, { migrations: migrations.slice(0, 1) });
    const before = await readCatalogue(url);
    await migrateUp(url, { migrations });
    expect(await rollBack(url, { migrations, allowDataLoss: true })).toEqual(['0001_size']);
    expect(await readCatalogue(url)).toEqual(before);
    await migrateUp(url, { migrations });
    expect(await rollBack(url, { migrations, allowDataLoss: true, to: '0000' })).toEqual(['0001_size']);
    await expect(rollBack(url, { migrations, to: '0007' })).rejects.toThrow('There is no migration 0007');
  });

  test('that loses rows wants to be told so, and says which', async () => {
    const url = await createDatabase();
    await migrateUp(url, { migrations });
    await expect(rollBack(url, { migrations })).rejects.toThrow(
      /^Nothing was undone: it would lose rows.\n {2}0001_size loses the sizes\n/,
    );
    expect((await readStatus(url, migrations)).migrations.map(({ state }) => state)).toEqual([
      'applied',
      'applied',
    ]);
  });
});

test('the command line migrates, tells the state, and refuses to lose rows', async () => {
  const url = await createDatabase();
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(root, 'drizzle/migrate.ts'), ...args], {
      env: { ...process.env, DATABASE_MIGRATION_URL: url },
    });
  expect((await run('migrate')).stdout).toMatch(/0000_foundation.sql done in \d+ ms/);
  expect((await run('status')).stdout).toMatch(/0000_foundation +applied [\s\S]*drift: none/);
  await expect(run('rollback', '--to', '0000')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('it would lose rows'),
  });
});
