import { expect, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { call } from '#test/support/call.ts';
import { succeeding } from '#test/support/scenario.ts';
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
    for (const { owner, parameter = 0 } of await findTenantAccesses(sql, text))
      if (owner === 'organization') organizations.add(parameters[parameter - 1]);
  return organizations;
}

async function succeed(operation: EndpointOperation, member: Member) {
  const request = await succeeding(operation, member);
  const sentBefore = sentStatements.length;
  const before = await countStatements();
  const answer = await call(operation.handler, request);
  const statements = (await countStatements()) - before;
  return { status: answer.status, statements, organizations: await organizationsSince(sentBefore) };
}

test.each(withDatabase)(
  "%s sends as many statements as it says, for the caller's organization only",
  async (_, operation) => {
    const { spec } = operation;
    const member = await createMember('owner', 'operator');
    const { status, statements, organizations } = await succeed(operation, member);
    expect({ status, statements }).toEqual({
      status: spec.response.status,
      statements: spec.statements,
    });
    organizations.delete(member.actor.organizationId);
    expect([...organizations]).toEqual([]);
  },
);
