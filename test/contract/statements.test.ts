import { expect, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { isForPeople } from '#lib/http/authorize.ts';
import { call } from '#test/support/call.ts';
import { countStatements } from '#test/support/count-statements.ts';
import type { CallOptions } from '#test/support/event.ts';
import { createKey, eventOf, succeeding } from '#test/support/scenario.ts';
import { sentStatements } from '#test/support/sent-statements.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';
import { findTenantAccesses } from '#test/support/tenant-accesses.ts';

const { endpoints } = await loadOperations();
const withDatabase = endpoints
  .filter(({ spec }) => !spec.isStatic)
  .map((operation) => [operation.spec.id, operation] as const);

/** The organizations whose rows the statements sent since then are limited to. */
async function organizationsSince(sentBefore: number): Promise<Set<unknown>> {
  const organizations = new Set<unknown>();
  for (const { text, parameters } of sentStatements.slice(sentBefore))
    for (const { owner, parameter = 0 } of await findTenantAccesses(sql, text))
      if (owner === 'organization') organizations.add(parameters[parameter - 1]);
  return organizations;
}

async function succeed(operation: EndpointOperation, member: Member, credential?: CallOptions) {
  const request = { ...(await succeeding(operation, member)), ...credential };
  const sentBefore = sentStatements.length;
  const before = await countStatements();
  const answer = await call(operation.handler, request);
  const statements = (await countStatements()) - before;
  return { status: answer.status, statements, organizations: await organizationsSince(sentBefore) };
}

/** Leads the caller into another organization. */
const entering = new Set(['register', 'createOrganization', 'acceptInvitation', 'switchOrganization']);

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
    if (!entering.has(spec.id)) expect([...organizations]).toEqual([]);
  },
);

const forKeys = withDatabase.filter(([, { spec }]) => spec.access !== 'public' && !isForPeople(spec.access));

test.each(forKeys)(
  '%s sends one statement more for an API key, and notes its use in it',
  async (_, operation) => {
    const { spec } = operation;
    const member = await createMember('owner', 'operator');
    const { headers } = await createKey(member);
    const { status, statements } = await succeed(operation, member, {
      token: undefined,
      headers: { ...eventOf(operation).headers, ...headers },
    });
    expect({ status, statements }).toEqual({
      status: spec.response.status,
      statements: spec.statements + 1,
    });
  },
);
