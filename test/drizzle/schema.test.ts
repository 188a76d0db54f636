import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { checkNotes, findLockRisks } from '#drizzle/lint-migrations.ts';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { migrateUp } from '#drizzle/migrator/migrate-up.ts';
import { parseScript, readMigrations } from '#drizzle/migrator/migration-files.ts';
import { rollBack } from '#drizzle/migrator/roll-back.ts';
import { demoIds, demoLogins, seedDatabase } from '#drizzle/seed.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { call } from '#test/support/call.ts';
import { createDatabase, readCatalogue, withClient } from '#test/support/scratch-database.ts';
import { writeMigrations } from '#test/support/scratch-migrations.ts';

const folder = join(import.meta.dirname, '../../drizzle');
const migrations = readMigrations();

test('every migration, done, undone and done again, leaves the same schema', async () => {
  const url = await createDatabase();
  let before = await readCatalogue(url);
  for (const [index, { name }] of migrations.entries()) {
    const upTo = migrations.slice(0, index + 1);
    await migrateUp(url, { migrations: upTo });
    const after = await readCatalogue(url);
    await rollBack(url, { migrations: upTo, allowDataLoss: true });
    expect(await readCatalogue(url), `${name} undone`).toEqual(before);
    await migrateUp(url, { migrations: upTo });
    expect(await readCatalogue(url), `${name} done again`).toEqual(after);
    before = after;
  }
  expect(before.length).toBeGreaterThan(300);
});

test('a database with rows can be taken back to the first migration and forward again', async () => {
  const url = await createDatabase(inject('templateDatabase'));
  const before = await readCatalogue(url);
  await seedDatabase(url, 'local');
  await rollBack(url, { to: '0000', allowDataLoss: true });
  await withClient(url, async (sql) => {
    expect(await sql`select name from projects where id = ${demoIds.project}`).toHaveLength(1);
  });
  await migrateUp(url);
  expect(await readCatalogue(url)).toEqual(before);
});

test('mails that wait move into the ledger, and back, with the attempts they had', async () => {
  const url = await createDatabase();
  const upTo = (name: string) => migrations.slice(0, migrations.findIndex((each) => each.name === name) + 1);
  await migrateUp(url, { migrations: upTo('0011_job_ledger_throughput') });
  await withClient(url, async (sql) => {
    await sql`insert into outgoing_mails (id, sealed_mail, created_at, attempts, next_attempt_at)
      select gen_random_uuid(), 'mail ' || n, now() - interval '1 hour', n * 5, now() + n * interval '1 hour' from generate_series(0, 2) as n`;
    const waiting = () => sql`select * from outgoing_mails order by next_attempt_at`;
    const before = await waiting();
    await migrateUp(url, { migrations: upTo('0012_notifications') });
    const runs = await sql`
      select state, payload->>'sealedMail' as mail, attempts, max_attempts, is_exclusive, available_at from job_runs order by available_at`;
    const common = { state: 'scheduled', max_attempts: 10, is_exclusive: false };
    expect(runs).toEqual(
      before.map(({ sealed_mail: mail, next_attempt_at, attempts }) => ({
        ...common,
        mail,
        attempts: Math.min(attempts, 9),
        available_at: next_attempt_at,
      })),
    );
    // One has left, one is given up, one was tried and waits.
    await sql`update job_runs set state = 'succeeded', payload = '{"sealedMail":null}' where payload->>'sealedMail' = 'mail 0'`;
    await sql`update job_runs set state = 'dead' where payload->>'sealedMail' = 'mail 2'`;
    await sql`update job_runs set state = 'retrying', attempts = 6 where payload->>'sealedMail' = 'mail 1'`;
    await sql`insert into job_attempts (run_id, fence, release) select id, 1, 'test' from job_runs`;
    await rollBack(url, { migrations: upTo('0012_notifications'), allowDataLoss: true });
    expect(await waiting()).toEqual([{ ...before[1], attempts: 6 }]);
    expect(await sql`select from job_attempts`, 'none without its run').toHaveLength(0);
  });
});

describe('the risk of locks', () => {
  test('every migration says what it may lock, and why that is accepted', () => {
    const scripts = migrations.map(({ up }) => up);
    const findings = findLockRisks(folder, scripts);
    expect(scripts.flatMap((script) => checkNotes(script, findings))).toEqual([]);
  });

  test('every down script that removes tables, columns or rows says what it loses', () => {
    const losing = /\b(drop table|drop column|delete from|truncate)\b/i;
    const silent = migrations.filter(({ down }) => losing.test(down.text) && down.loses === undefined);
    // Its table can be counted again, which the migration does.
    expect(silent.map(({ name }) => name)).toEqual(['0002_project_counts', '0011_job_ledger_throughput']);
    expect(migrations.filter(({ down }) => down.loses === 'nobody has said what')).toEqual([]);
  });

  test('what makes others wait, or breaks the release before, is found', () => {
    const risky = {
      'require-concurrent-index-creation': 'create index "a" on "projects" ("name");',
      'require-concurrent-index-deletion': 'drop index "a";',
      'adding-required-field': 'alter table "projects" add column "a" text not null;',
      'adding-not-nullable-field': 'alter table "projects" alter column "a" set not null;',
      'adding-field-with-default': 'alter table "projects" add column "a" uuid default gen_random_uuid();',
      'changing-column-type': 'alter table "projects" alter column "name" type integer using 1;',
      'renaming-column': 'alter table "projects" rename column "a" to "b";',
      'renaming-table': 'alter table "projects" rename to "b";',
      'constraint-missing-not-valid': `alter table "projects" add constraint "a" check ("name" <> '');`,
      'ban-drop-column': 'alter table "projects" drop column "a";',
      'ban-drop-table': 'drop table "projects";',
      'prefer-robust-stmts': '-- no-transaction\ncreate index concurrently "a" on "projects" ("name");',
      'explicit-lock': 'lock table "projects" in share mode;',
      backfill: `-- Why.\nupdate "projects" set "name" = '';`,
    };
    const written = writeMigrations(
      ...Object.entries(risky).map(([name, up]) => ({ name, up: `-- Why.\n${up}`, down: '' })),
    );
    const scripts = written.map(({ up }) => up);
    const found = findLockRisks(written.folder, scripts).map(({ file, rule }) => `${file} ${rule}`);
    for (const rule of Object.keys(risky)) expect(found).toContain(`${rule}.sql ${rule}`);
  });

  test('what keeps nobody waiting is not found', () => {
    const written = writeMigrations(
      {
        name: '0000_transaction',
        up: `create table "a" ("id" uuid primary key, "name" text not null);\ncreate index "i" on "a" ("name");
          alter table "projects" add column "a" text default 'x' not null;
          alter table "projects" add constraint "c" check ("name" <> '') not valid;`,
        down: '',
      },
      {
        name: '0001_no_transaction',
        up: '-- no-transaction\ncreate index concurrently if not exists "a" on "projects" ("name");',
        down: '',
      },
    );
    const scripts = written.map(({ up }) => up);
    expect(findLockRisks(written.folder, scripts)).toEqual([]);
  });

  test.each([
    ['select 1;', 'x.sql has no line "-- lock-risk: …"'],
    ['-- lock-risk: none', 'x.sql:2 ban-drop-column: It goes.'],
    ['-- lock-risk: ban-drop-column', 'x.sql: why is ban-drop-column accepted? Say "because …"'],
    [
      '-- lock-risk: ban-drop-column, backfill because I say so',
      'x.sql: backfill is accepted, but not found',
    ],
    ['-- lock-risk: ban-drop-column because 0.4 reads it no more', undefined],
  ])('the note "%s"', (text, problem) => {
    const finding = { file: 'x.sql', line: 2, rule: 'ban-drop-column', message: 'It goes.' };
    const problems = checkNotes(parseScript('x.sql', text), [finding]);
    expect(problems[0]).toBe(problem);
  });
});

test('the seed fills an empty database once, and the role of the application can serve it, but change no audit row and no table', async () => {
  const url = await createDatabase();
  await migrateDatabase(url);
  expect(await seedDatabase(url, 'local')).toBe('seeded');
  expect(await seedDatabase(url, 'local')).toBe('kept');
  const role = { name: 'plinth_app', password: createSecret() };
  const roleUrl = Object.assign(new URL(url), { username: role.name, password: role.password }).href;
  await withClient(url, async (sql) => {
    await sql.unsafe(`create role ${role.name} login password '${role.password}'`);
    await sql.unsafe(readFileSync(join(folder, 'app-role.sql'), 'utf8'));
    const [project] = await sql`select owner_id from projects where id = ${demoIds.project}`;
    expect(project?.owner_id).toBe(demoIds.owner);
    // Of a later migration.
    await sql`create table later (id integer generated always as identity, name text)`;
  });

  process.env.DATABASE_URL = roleUrl;
  process.env.AUTH_SECRET = createSecret();
  const answers = [];
  for (const { email, password } of demoLogins)
    answers.push(await call(login, { body: { email, password } }));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  const headers = { authorization: `Bearer ${answers[0]?.body.accessToken}` };
  const body = { name: 'By the role', slug: 'by-the-role' };
  expect((await call(createProject, { headers, body })).status).toBe(201);

  await withClient(roleUrl, async (sql) => {
    await sql`insert into later (name) values ('a')`;
    expect((await sql`select from audit_events`).length).toBeGreaterThan(0);
    for (const statement of [
      `update audit_events set action = 'x'`,
      'delete from audit_events',
      'truncate audit_events',
      'truncate projects',
      'alter table audit_events disable trigger all',
      'create table mine (id integer)',
      'drop table projects',
      'delete from drizzle.__drizzle_migrations',
    ])
      await expect(sql.unsafe(statement), statement).rejects.toMatchObject({
        code: '42501',
        message: expect.stringMatching(/permission denied|must be owner/),
      });
  });
  await withClient(url, (sql) => sql.unsafe(`drop owned by ${role.name}; drop role ${role.name}`));
});

test.each(['test', 'dev', 'staging', 'prod', ''])('the seed refuses the stage "%s"', async (stage) => {
  await expect(seedDatabase('postgres://nowhere', stage)).rejects.toThrow('known passwords');
});
