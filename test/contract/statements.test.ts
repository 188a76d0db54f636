import { expect, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { isForPeople } from '#lib/http/authorize.ts';
import { call } from '#test/support/call.ts';
import { countStatements } from '#test/support/count-statements.ts';
import type { CallOptions } from '#test/support/event.ts';
import { createKey, eventOf, succeeding } from '#test/support/scenario.ts';
import { createMember, type Member } from '#test/support/tenant.ts';

const { endpoints } = await loadOperations();
const withDatabase = endpoints
  .filter(({ spec }) => !spec.isStatic)
  .map((operation) => [operation.spec.id, operation] as const);

async function succeed(operation: EndpointOperation, member: Member, credential?: CallOptions) {
  const request = { ...(await succeeding(operation, member)), ...credential };
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

const forKeys = withDatabase.filter(([, { spec }]) => spec.access !== 'public' && !isForPeople(spec.access));

test.each(forKeys)(
  '%s sends one statement more for an API key, and notes its use in it',
  async (_, operation) => {
    const { spec } = operation;
    const member = await createMember();
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
