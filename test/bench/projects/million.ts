import type postgres from 'postgres';

export const rows = 1_000_000;
export const organizationId = '01980000-0000-7000-8000-0000000000f0';
/** From the one with a third of the projects down to one with a sixtieth; the last has 500. */
export const ownerIds = Array.from({ length: 21 }, (_, n) => `01980000-0000-7000-8000-00000000${1000 + n}`);

/** An organization with a million projects, or fewer, whose columns depend on each other as they do in life; beside others, or alone. */
export async function loadProjects(
  sql: postgres.Sql,
  count: number = rows,
  owner = organizationId,
): Promise<void> {
  await sql`insert into organizations (id, name) values (${owner}, 'Bench')`;
  await sql`
    insert into users (id, email, name, password_hash)
    select id, id || '@example.com', 'Bench', '!' from unnest(${ownerIds}::uuid[]) id on conflict do nothing`;
  await sql`insert into memberships (organization_id, user_id, role) select ${owner}, id, 'owner' from users`;
  // Built once behind the rows instead of a million times before them; and the foreign keys hold by construction.
  const indexes = await sql`
    select indexname, indexdef from pg_indexes where tablename = 'projects' and indexname <> 'projects_pkey'`;
  for (const { indexname } of indexes) await sql.unsafe(`drop index ${indexname}`);
  await sql`alter table projects disable trigger all`;
  await sql`alter table projects enable trigger count_inserted`;
  await sql`select setseed(0.5)`;
  await insertProjects(sql, count, owner);
  await sql`alter table projects enable trigger all`;
  for (const { indexdef } of indexes) await sql.unsafe(indexdef);
  await sql`vacuum analyze projects`;
}

/**
 * One project every 30 seconds, the newest first; two in five were never touched again. A few words are in
 * many, most in few, and 500 are archived. The newest 300,000 lack the tag `past`, all but the oldest tenth lack `old`, and ten have `rare`.
 */
async function insertProjects(sql: postgres.Sql, count: number, organization: string): Promise<void> {
  await sql`
    insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, created_at, updated_at)
    select uuidv7(created_at - now()), ${organization}, (${ownerIds}::uuid[])[case when n % 2000 = 0 then 21 else 1 + floor(20 * owner ^ 3) end],
      initcap(words[1]) || ' ' || n, 'p' || n, words[2],
      case when n % 2000 = 1 then 'archived'
        else (array['active', 'active', 'active', 'paused', 'completed', 'completed'])[1 + n % 6] end,
      array['tag' || n % 50] || case when n > 900000 then array['past', 'old']
        when n > 300000 then array['past'] when n % 30000 = 0 then array['rare'] end, '{}',
      created_at, created_at + (now() - created_at) * greatest(0, touched - 0.4) / 0.6
    from (
      select n, now() - make_interval(secs => n * 30) as created_at, random() as owner, random() as touched,
        string_to_array(translate(
          to_hex(4096 + (1e6 * random() ^ 6)::int) || '|' || to_hex(4096 + (1e6 * random() ^ 6)::int) || ' ' ||
          to_hex(4096 + (1e6 * random() ^ 6)::int) || ' ' || to_hex(4096 + (1e6 * random() ^ 6)::int),
          '0123456789abcdef', 'etaoinshrdlucmfg'), '|') as words
      from generate_series(1, ${count}::int) n
    ) generated`;
}
