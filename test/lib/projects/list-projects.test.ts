import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { expect, inject, test } from 'vitest';
import { listProjects } from '#lib/projects/list-projects.ts';
import { ListProjectsQuery, projectSorts } from '#lib/projects/schemas.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

// Few instants and names, so that most rows are equal to another one.
const seed = fc.record({ second: fc.nat(2), name: fc.constantFrom('a', 'B', 'é', 'a b') });
type Seed = { second: number; name: string };
const step = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), seed }),
  fc.record({ kind: fc.constant('delete' as const), pick: fc.nat() }),
);

async function insert({ actor }: Member, seeds: Seed[]): Promise<string[]> {
  const rows = seeds.map(({ second, name }) => ({
    id: uuidv7(),
    at: `2026-01-01 00:00:0${second}.123456Z`,
    name,
  }));
  await sql`
    insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata, created_at, updated_at)
    select id, ${actor.organizationId}, ${actor.userId}, name, id::text, '', 'active', '{}', '{}', at, at
    from jsonb_to_recordset(${sql.json(rows)}) as row (id uuid, name text, at timestamptz)`;
  return rows.map(({ id }) => id);
}

/** Walks the whole list, `limit` a page, and runs `between` after every page. */
async function walk(
  { ctx }: Member,
  sort: (typeof projectSorts)[number],
  limit: number,
  between: () => Promise<unknown>,
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listProjects(ctx, ListProjectsQuery.parse({ sort, limit, cursor }));
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    await between();
  } while (cursor);
  return seen;
}

const seeds = fc.array(seed, { minLength: 3, maxLength: 12 });
const limits = fc.integer({ min: 1, max: 4 });
const runs = Math.ceil((inject('isThorough') ? 1_000 : 200) / projectSorts.length);

test.each(projectSorts)(
  `${runs} interleavings repeat and skip nothing: sort=%s`,
  { timeout: 60_000 },
  async (sort) => {
    const member = await createMember();
    const property = fc.asyncProperty(
      seeds,
      fc.array(step, { maxLength: 8 }),
      limits,
      async (rows, steps, limit) => {
        await sql`delete from projects where organization_id = ${member.actor.organizationId}`;
        const initial = await insert(member, rows);
        const staying = new Set(initial);
        const pending = [...steps];
        const seen = await walk(member, sort, limit, async () => {
          const next = pending.shift();
          if (next?.kind === 'insert') await insert(member, [next.seed]);
          else if (next) {
            const victim = initial[next.pick % initial.length] ?? '';
            staying.delete(victim);
            await sql`update projects set deleted_at = now() where id = ${victim}`;
          }
        });
        expect(new Set(seen).size).toBe(seen.length);
        expect([...staying].filter((id) => !seen.includes(id))).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: runs });
  },
);

test.each(projectSorts)(
  'what is not changed during the walk comes exactly once, whatever else is changed: sort=%s',
  { timeout: 60_000 },
  async (sort) => {
    const member = await createMember();
    const picks = fc.array(fc.nat(), { maxLength: 8 });
    const property = fc.asyncProperty(seeds, picks, limits, async (rows, changes, limit) => {
      await sql`delete from projects where organization_id = ${member.actor.organizationId}`;
      const ids = await insert(member, rows);
      const changed = new Set<string>();
      const pending = [...changes];
      const seen = await walk(member, sort, limit, async () => {
        const pick = pending.shift();
        if (pick === undefined) return;
        const id = ids[pick % ids.length] ?? '';
        changed.add(id);
        await sql`update projects set updated_at = now(), name = name || 'x' where id = ${id}`;
      });
      const isFixed = (id: string) => sort.endsWith('createdAt') || !changed.has(id);
      expect(seen.filter(isFixed).sort()).toEqual(ids.filter(isFixed).sort());
    });
    await fc.assert(property, { numRuns: Math.ceil(runs / 3) });
  },
);
