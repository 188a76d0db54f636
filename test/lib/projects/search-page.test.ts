import { expect, test } from 'vitest';
import { listProjects } from '#lib/projects/list-projects.ts';
import { ListProjectsQuery, projectSorts } from '#lib/projects/schemas.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

/** 400 projects; `near` is among the next ones from either end, `far` is not, and `both` is here and there. */
async function createProjects({ actor }: Member): Promise<void> {
  await sql`
    insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, created_at, updated_at)
    select uuidv7(), ${actor.organizationId}, ${actor.userId}, 'Project ' || to_char(n, 'FM000'), n::text,
      case when n % 100 < 3 then 'both' else '' end, 'active',
      array_remove(array[
        case when n not between 9 and 391 then 'near' end,
        case when n between 195 and 205 then 'far' end,
        case when n % 100 < 3 then 'both' end], null), '{}', at, at
    from generate_series(0, 400) n, lateral (select now() - make_interval(mins => n)) as instant (at)`;
}

async function readNames(member: Member, query: Record<string, string | number>): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listProjects(member.ctx, ListProjectsQuery.parse({ ...query, cursor }));
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor);
  return names;
}

test('a search pages through all of its matches in order, near and far ones', async () => {
  const member = await createMember();
  await createProjects(member);
  for (const sort of projectSorts) {
    const all = await readNames(member, { sort, limit: 100 });
    const found = async (search: Record<string, string>) => readNames(member, { sort, limit: 1, ...search });
    const among = (isMatch: (n: number) => boolean) => all.filter((name) => isMatch(Number(name.slice(-3))));
    expect(await found({ tag: 'near' })).toEqual(among((n) => n < 9 || n > 391));
    expect(await found({ tag: 'far' })).toEqual(among((n) => n >= 195 && n <= 205));
    expect(await found({ tag: 'both' })).toEqual(among((n) => n % 100 < 3));
    expect(await found({ q: 'BOTH' })).toEqual(among((n) => n % 100 < 3));
    expect(await found({ q: 'both', tag: 'far' })).toEqual(among((n) => n % 100 < 3 && n >= 195 && n <= 205));
    expect(await found({ tag: 'none' })).toEqual([]);
  }
});
