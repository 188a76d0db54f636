import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, inject } from 'vitest';
import { seedDatabase } from '#drizzle/seed.ts';

const admin = postgres(inject('databaseUrl'), { max: 1, onnotice: () => {} });
const prefix = `plinth_backup_${process.env.VITEST_POOL_ID}`;
let databases = 0;

afterAll(async () => {
  for (; databases > 0; databases--)
    await admin.unsafe(`drop database if exists ${prefix}_${databases} with (force)`);
  await admin.end();
});

/** A database of the test's own: empty, or with the schema of the template. */
export async function createDatabase(template = 'template0'): Promise<string> {
  const name = `${prefix}_${++databases}`;
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.unsafe(`create database ${name} template ${template}`);
  return inject('databaseUrl').replace(/\/[^/]*$/, `/${name}`);
}

export function listDatabases(): Promise<{ name: string }[]> {
  return admin`select datname as name from pg_database`;
}

/** Runs statements in a database. */
export async function inDatabase<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** The Demo organization, and a row or more of what needs care: odd text, sequences, sessions, mails, runs, and one table of two segments. */
export async function createSource(): Promise<string> {
  const url = await createDatabase(inject('templateDatabase'));
  await seedDatabase(url, 'local');
  await inDatabase(url, async (sql) => {
    await sql`update projects set description = ${'tab\t newline\n return\r backslash\\ \\N null\\. quote" ✓ 🚀'}, metadata = '{"a": [1.50, "\\n"]}'`;
    await sql`update projects set deleted_at = now() where slug like 'mobile%'`;
    // Hardly compressible, so that it does not fit into one segment.
    await sql`
      insert into idempotency_records (organization_id, user_id, key, request_hash, status, headers, body)
      select organization_id, user_id, 'key', 'hash', 201, '{}', ${randomBytes(500_000).toString('base64')} from memberships`;
    await sql`
      insert into audit_events (id, organization_id, actor_type, actor_id, action, entity_id, changes, request_id)
      select gen_random_uuid(), organization_id, 'user', owner_id, 'project.create', id, '{}', 'r' from projects`;
    await sql`insert into health_transitions (check_name, to_status, at) select 'a:b', 'pass', now() from generate_series(1, 7)`;
    await sql`
      insert into sessions (id, user_id, organization_id, authentication_methods, user_agent, source_ip, expires_at)
      select gen_random_uuid(), user_id, organization_id, '{password}', 'test', '::1', now() + interval '1 hour' from memberships`;
    await sql`insert into refresh_tokens (token_hash, session_id) select id::text, id from sessions`;
    await sql`
      insert into account_tokens (token_hash, user_id, purpose, expires_at)
      select id::text, id, 'reset_password', now() + interval '1 hour' from users`;
    await sql`insert into jobs (id, swept_until) values ('expireSessions', now() - interval '3 days')`;
    await sql`
      insert into job_runs (id, job_id, trigger, state, available_at, max_attempts, is_exclusive)
      select gen_random_uuid(), 'expireSessions', 'enqueue', state, now(), 3, false
      from unnest(array['scheduled', 'running', 'retrying', 'succeeded', 'dead']) state`;
  });
  return url;
}

const settled = ['sessions', 'refresh_tokens', 'account_tokens', 'job_runs', 'jobs'];

/** What is in a database, as text that is equal when it is; without what a restore settles. */
export function describeContents(url: string): Promise<unknown> {
  return inDatabase(url, async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> all (${settled}) order by 1`;
    const contents = [];
    for (const { name } of tables)
      contents.push([
        name,
        await sql.unsafe(
          `select count(*)::int, md5(string_agg(t::text, '|' order by t::text)) from ${name} t`,
        ),
      ]);
    return {
      contents,
      indexes:
        await sql`select indexdef from pg_indexes where schemaname in ('public', 'drizzle') order by 1`,
      constraints: await sql`
        select conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid) from pg_constraint order by 1, 2`,
      triggers: await sql`
        select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2`,
      columns: await sql`
        select table_name, column_name, data_type, column_default, is_nullable from information_schema.columns
        where table_schema in ('public', 'drizzle') order by 1, 2`,
      sequences: await sql`select schemaname, sequencename, last_value from pg_sequences order by 1, 2`,
      migrations: await sql`select hash, created_at from drizzle.__drizzle_migrations order by 2`,
    };
  });
}

/** How many tables there are; a restore that was refused leaves none. */
export function countTables(url: string): Promise<number> {
  return inDatabase(url, async (sql) => {
    const [row] = await sql`
      select count(*)::int as count from pg_class join pg_namespace n on n.oid = relnamespace
      where nspname !~ '^pg_' and nspname <> 'information_schema'`;
    return row?.count;
  });
}
