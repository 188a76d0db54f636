import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashPassword } from '#lib/auth/passwords.ts';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { sentStatements } from '#test/support/sent-statements.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';
import { findTenantAccesses } from '#test/support/tenant-accesses.ts';

const { endpoints } = await loadOperations();
const withDatabase = endpoints
  .filter(({ spec }) => !spec.isStatic)
  .map((operation) => [operation.spec.id, operation] as const);

await sql`create extension if not exists pg_stat_statements`;

/** Statements that the application's connections have sent, as PostgreSQL itself counts them. */
async function countStatements(): Promise<number> {
  const [row] = await sql`
    select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
    where dbid = (select oid from pg_database where datname = current_database()) and toplevel
      and query !~* 'pg_stat|^ *(begin|commit|savepoint|release)'`;
  return row?.calls;
}

/** The organizations whose rows the statements sent since then are limited to. */
async function organizationsSince(sentBefore: number): Promise<Set<unknown>> {
  const organizations = new Set<unknown>();
  for (const { text, parameters } of sentStatements.slice(sentBefore))
    for (const { parameter } of await findTenantAccesses(sql, text))
      if (parameter !== undefined) organizations.add(parameters[parameter - 1]);
  return organizations;
}

async function succeed({ handler, module, spec }: EndpointOperation, member: Member) {
  const event = JSON.parse(
    readFileSync(
      join(import.meta.dirname, '../..', `${module.replace('functions/', 'events/')}.json`),
      'utf8',
    ),
  );
  const { id } = await createProject(member.ctx, CreateProjectInput.parse({ name: 'Counted' }));
  if (spec.id === 'restoreProject') await deleteProject(member.ctx, id);
  const body = event.body?.replace(/0198[-0-9a-f]{32}/g, (fixed: string) =>
    fixed.endsWith('0a') ? member.userId : id,
  );
  const isLogin = spec.id === 'login';
  if (isLogin)
    await sql`update users set password_hash = ${await hashPassword('plinth-demo')} where id = ${member.userId}`;
  const request = {
    token: spec.access === 'public' ? undefined : member.token,
    params: event.pathParameters && { id },
    query: event.rawQueryString,
    headers: event.headers,
    body: isLogin ? body.replace('demo@plinth.local', member.email) : body,
  };
  const sentBefore = sentStatements.length;
  const before = await countStatements();
  const answer = await call(handler, request);
  const statements = (await countStatements()) - before;
  return { status: answer.status, statements, organizations: await organizationsSince(sentBefore) };
}

test.each(withDatabase)(
  "%s sends as many statements as it says, for the caller's organization only",
  async (_, operation) => {
    const { spec } = operation;
    const member = await createMember();
    const { status, statements, organizations } = await succeed(operation, member);
    expect({ status, statements }).toEqual({
      status: spec.response.status,
      statements: spec.statements,
    });
    const own = spec.access === 'public' ? [] : [member.actor.organizationId];
    expect([...organizations]).toEqual(own);
  },
);
