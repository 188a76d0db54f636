import { expect, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { call } from '#test/support/call.ts';
import { succeeding } from '#test/support/scenario.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

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

async function succeed(operation: EndpointOperation, member: Member) {
  const request = await succeeding(operation, member);
  const before = await countStatements();
  const answer = await call(operation.handler, request);
  const statements = (await countStatements()) - before;
  return { status: answer.status, statements };
}

test.each(withDatabase)('%s sends as many statements as it says', async (_, operation) => {
  const { spec } = operation;
  const { status, statements } = await succeed(operation, await createMember('owner', 'operator'));
  expect({ status, statements }).toEqual({
    status: spec.response.status,
    statements: spec.statements,
  });
});
