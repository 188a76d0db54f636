import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { type Claims, settings } from '#peers/settings.ts';

// The statements that the product sends for the same operations, by the same driver, as its documentation writes them.
export const sql = postgres(settings.databaseUrl, { max: settings.databasePoolMax, onnotice: () => {} });

export interface ProjectRow {
  readonly id: string;
  readonly organizationId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly status: string;
  readonly tags: string[];
  readonly metadata: Record<string, unknown>;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

export interface NewProject {
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly status: string;
  readonly tags: string[];
}

const columns = sql`
  id, organization_id as "organizationId", owner_id as "ownerId", name, slug, description, status, tags, metadata, version,
  created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt"`;

export async function readProject(claims: Claims, id: string): Promise<ProjectRow | undefined> {
  const [row] = await sql<ProjectRow[]>`
    select ${columns} from projects where id = ${id} and organization_id = ${claims.org}`;
  return row;
}

/** The newest `limit` behind the cursor, and the cursor behind them. */
export async function listProjects(claims: Claims, limit: number, cursor?: string) {
  const [createdAt, id] = cursor ? JSON.parse(Buffer.from(cursor, 'base64url').toString()) : [];
  const rows = await sql<ProjectRow[]>`
    select ${columns} from projects where organization_id = ${claims.org} and deleted_at is null
    ${id ? sql`and (created_at, id) < (${createdAt}::timestamptz, ${id}::uuid)` : sql``}
    order by created_at desc, id desc limit ${limit + 1}`;
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (!last || rows.length <= limit) return { items };
  const position = JSON.stringify([last.createdAt, last.id]);
  return { items, nextCursor: Buffer.from(position).toString('base64url') };
}

/** The project and its audit event in one transaction; undefined when the slug is taken. */
export async function createProject(claims: Claims, input: NewProject): Promise<ProjectRow | undefined> {
  const id = uuidv7();
  return await sql.begin(async (tx) => {
    const [row] = await tx<ProjectRow[]>`
      insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata)
      values (${id}, ${claims.org}, ${claims.sub}, ${input.name}, ${input.slug}, ${input.description}, ${input.status}, ${input.tags}, '{}')
      on conflict (organization_id, slug) where deleted_at is null do nothing returning ${columns}`;
    if (!row) return undefined;
    const changes = Object.fromEntries(Object.entries(row).map(([key, after]) => [key, { after }]));
    await tx`
      insert into audit_events (id, organization_id, actor_type, actor_id, action, entity_id, changes, request_id)
      values (${uuidv7()}, ${claims.org}, 'user', ${claims.sub}, 'project.create', ${id}, ${tx.json(changes as never)}, 'bench')`;
    return row;
  });
}
