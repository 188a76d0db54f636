import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { demoIds, demoLogins, seedDatabase } from '#drizzle/seed.ts';
import { handler as login } from '#functions/auth/login.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { call } from '#test/support/call.ts';

const folder = join(import.meta.dirname, '../../drizzle');
const migrations = readdirSync(folder).filter((file) => /^\d{4}_\w+\.sql$/.test(file));
const admin = postgres(inject('databaseUrl'), { max: 1, onnotice: () => {} });

async function createDatabase(name: string): Promise<string> {
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.unsafe(`create database ${name}`);
  return inject('databaseUrl').replace(/\/[^/]*$/, `/${name}`);
}

afterAll(() => admin.end());

test('two migrations at once take turns, and a third has nothing to do', async () => {
  const url = await createDatabase('plinth_migrate_test');
  const applied = await Promise.all([migrateDatabase(url), migrateDatabase(url)]);
  expect(applied.sort()).toEqual([0, migrations.length]);
  expect(await migrateDatabase(url)).toBe(0);
});

test('every migration has a down file, and together they leave nothing behind', async () => {
  const url = await createDatabase('plinth_down_test');
  await migrateDatabase(url);
  const client = postgres(url, { max: 1, onnotice: () => {} });
  for (const file of migrations.toReversed())
    await client.unsafe(readFileSync(join(folder, file.replace('.sql', '.down.sql')), 'utf8'));
  const left = await client`
    select relname from pg_class where relnamespace = 'public'::regnamespace
    union all select proname from pg_proc where pronamespace = 'public'::regnamespace`;
  await client.end();
  expect(left).toEqual([]);
});

test('the seed fills an empty database once, and its accounts can log in', async () => {
  const url = await createDatabase('plinth_seed_test');
  await migrateDatabase(url);
  expect(await seedDatabase(url, 'local')).toBe('seeded');
  expect(await seedDatabase(url, 'local')).toBe('kept');
  process.env.DATABASE_URL = url;
  process.env.AUTH_SECRET = createSecret();
  for (const { email, password } of demoLogins)
    expect((await call(login, { body: { email, password } })).status).toBe(200);
  const client = postgres(url, { max: 1 });
  const [project] = await client`select owner_id from projects where id = ${demoIds.project}`;
  await client.end();
  expect(project?.owner_id).toBe(demoIds.owner);
});

test.each(['test', 'dev', 'staging', 'prod', ''])('the seed refuses the stage "%s"', async (stage) => {
  await expect(seedDatabase('postgres://nowhere', stage)).rejects.toThrow('known passwords');
});
