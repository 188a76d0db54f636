import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import type { Context } from '#lib/context.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { logger } from '#lib/observability/logger.ts';
import { ListProjectsQuery } from '#lib/projects/schemas.ts';
import { selectPage } from '#lib/projects/select-page.ts';
import { gateScript } from '#lib/redis/gate-script.ts';
import { runScript } from '#lib/redis/run-script.ts';
import { tellFleet } from '#lib/sessions/fleet-state.ts';
import { lambdaContext, toEvent } from '#test/support/event.ts';
import { printTable, timeInTurn } from './measure.ts';
import { organizationId, ownerIds } from './million.ts';

const runs = 500;

/** Whole requests against the bare SQL of the same work on one warm connection, and the gate's round trip alone. */
export async function measureRequests(ctx: Context, databaseUrl: string): Promise<void> {
  // The access lines are formatted, then dropped.
  Reflect.set(logger, 'console', { ...console, info: () => {} });
  const sql = postgres(databaseUrl, { max: 1, fetch_types: false });
  const send = await createSender(ctx);
  const ids = await sql`select id from projects tablesample system (0.1)`;
  const nextId = cycle(ids.map(({ id }) => id as string));
  const page = selectPage(ctx, ListProjectsQuery.parse({})).toSQL();
  const requests: [string, () => Promise<unknown>, () => PromiseLike<unknown>][] = [
    [
      'GET /api/v1/projects/{id}',
      () => send(getProject, { params: { id: nextId() } }),
      () => sql`select * from projects where id = ${nextId()} and organization_id = ${organizationId}`,
    ],
    ['POST /api/v1/projects', () => send(createProject, { body: input() }), () => insert(sql)],
    [
      'GET /api/v1/projects',
      () => send(listProjects, {}),
      () => sql.unsafe(page.sql, page.params as never[], { prepare: true }),
    ],
  ];
  const gate = () =>
    runScript(gateScript, [`rate:bench:${uuidv7()}`], ['1', '1', '1', '1000000', '60000', '0', '0', '0']);
  const lines = [];
  for (const [name, request, bare] of requests) {
    const [whole, alone, redis] = await timeInTurn([request, bare, gate], runs);
    if (!whole || !alone || !redis) continue;
    lines.push([
      name,
      `${alone.p50.toFixed(2)} / ${alone.p99.toFixed(2)}`,
      `${whole.p50.toFixed(2)} / ${whole.p99.toFixed(2)}`,
      `${(whole.p50 / alone.p50).toFixed(1)} / ${(whole.p99 / alone.p99).toFixed(1)}`,
      `${redis.p50.toFixed(2)} / ${redis.p99.toFixed(2)}`,
    ]);
  }
  const units = '(p50 / p99, ms)';
  printTable(
    ['request', `bare SQL ${units}`, `whole ${units}`, 'ratio', `of it the gate alone ${units}`],
    lines,
  );
  await sql.end();
}

/** Sends as one owner after the other, so that none of them meets its limit. */
async function createSender({ actor }: Context) {
  const now = new Date();
  const tokens = await Promise.all(
    ownerIds.map(async (userId) => {
      const authenticatedAtSeconds = Math.floor(now.getTime() / 1000);
      const session = { id: uuidv7(), generation: 1, authenticatedAtSeconds };
      await tellFleet([session]);
      const { organizationId, roles } = actor;
      const expiresAt = new Date(now.getTime() + 3_600_000);
      return issueAccessToken({ type: 'user', userId, organizationId, roles, session }, now, expiresAt);
    }),
  );
  const nextToken = cycle(tokens.map(({ accessToken }) => accessToken));
  return async (endpoint: Endpoint, options: Parameters<typeof toEvent>[1]) => {
    const event: APIGatewayProxyEventV2 = toEvent(endpoint, { token: nextToken(), ...options });
    const { statusCode, body } = await endpoint(event, lambdaContext());
    if (statusCode !== endpoint.spec.response.status) throw new Error(`${statusCode} ${body}`);
  };
}

function cycle(values: readonly string[]): () => string {
  let next = 0;
  return () => values[next++ % values.length] ?? '';
}

function input() {
  return { name: 'Apollo', slug: `apollo-${uuidv7()}`, description: 'To the moon', tags: ['space'] };
}

async function insert(sql: postgres.Sql): Promise<void> {
  const { name, slug, description, tags } = input();
  const [id, ownerId = ''] = [uuidv7(), ownerIds[0]];
  await sql.begin(async (tx) => {
    const [row] = await tx`
      insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata)
      values (${id}, ${organizationId}, ${ownerId}, ${name}, ${slug}, ${description}, 'active', ${`{${tags}}`}, '{}')
      on conflict (organization_id, slug) where deleted_at is null do nothing returning *`;
    const changes = Object.fromEntries(Object.entries(row ?? {}).map(([key, after]) => [key, { after }]));
    await tx`
      insert into audit_events (id, organization_id, actor_type, actor_id, action, entity_id, changes, request_id)
      values (${uuidv7()}, ${organizationId}, 'user', ${ownerId}, 'project.create', ${id}, ${tx.json(changes)}, 'bench')`;
  });
}
