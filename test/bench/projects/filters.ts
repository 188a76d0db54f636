import type postgres from 'postgres';
import type { ProjectFilter } from '#lib/projects/schemas.ts';
import { ownerIds } from './million.ts';

/** Every filter of lists, from wide to narrow, and pairs of them; under the share of the projects that pass. */
export async function listFilters(sql: postgres.Sql): Promise<Record<string, Partial<ProjectFilter>>> {
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const [many, sixtieth, few] = [ownerIds[0], ownerIds.at(-2), ownerIds.at(-1)];
  const times = [0.1, 1, 180, 340].flatMap((days) => [
    [`created in the last ${days} days`, { createdAfter: ago(days) }],
    [`created earlier than ${days} days ago`, { createdBefore: ago(days) }],
    [`updated in the last ${days} days`, { updatedAfter: ago(days) }],
    [`updated earlier than ${days} days ago`, { updatedBefore: ago(days) }],
  ]);
  return {
    none: {},
    'status: 17 %': { status: 'paused' },
    'status: 500 projects': { status: 'archived' },
    'owner: 37 %': { ownerId: many },
    'owner: 2 %': { ownerId: sixtieth },
    'owner: 500 projects': { ownerId: few },
    'tag: 70 %, not the newest': { tag: 'past' },
    'tag: 10 %, the oldest': { tag: 'old' },
    'tag: 2 %': { tag: 'tag7' },
    'tag: 23 projects': { tag: 'rare' },
    'tag: no project': { tag: 'absent' },
    'q: 31 %': { q: 'teee' },
    'q: 4 %': { q: 'teea' },
    'q: 0.7 %': { q: 'toa' },
    'q: 0.2 %': { q: 'tesa' },
    'q: 0.01 %': { q: 'nufo' },
    'q: no project': { q: 'zzz' },
    'q: no project, but many have each trigram': { q: 'tama tess' },
    'q: one project, which the planner takes for 1 %': { q: await findSampledName(sql) },
    ...Object.fromEntries(times),
    'created on one day': { createdAfter: ago(200), createdBefore: ago(199) },
    'status and owner: 6 %': { status: 'paused', ownerId: many },
    'status and owner: 0.3 %': { status: 'paused', ownerId: sixtieth },
    'status and owner: 8 projects': { status: 'archived', ownerId: sixtieth },
    'status and tag: 0.7 %': { status: 'paused', tag: 'tag9' },
    'status and tag: no project': { status: 'paused', tag: 'tag8' },
    'status and q: 0.002 %': { status: 'paused', q: 'nufo' },
    'status, created in the last 30 days': { status: 'paused', createdAfter: ago(30) },
    'owner and tag: 0.03 %': { ownerId: sixtieth, tag: 'tag7' },
    'owner and q: 0.5 %': { ownerId: sixtieth, q: 'teee' },
    'owner, created earlier than 300 days ago': { ownerId: sixtieth, createdBefore: ago(300) },
    'tag and q: 0.07 %': { tag: 'tag7', q: 'teea' },
    'tag of the oldest, updated in the last day': { tag: 'old', updatedAfter: ago(1) },
    'created earlier than 180 days ago, updated in the last day': {
      createdBefore: ago(180),
      updatedAfter: ago(1),
    },
  };
}

async function findSampledName(sql: postgres.Sql): Promise<string> {
  const [row] = await sql`
    select split_part((histogram_bounds::text::text[])[50], chr(31), 1) as name from pg_stats
    where tablename = 'projects_search_idx' and histogram_bounds is not null`;
  return row?.name;
}
