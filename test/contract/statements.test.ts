import { expect, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { call } from '#test/support/call.ts';
import { succeeding } from '#test/support/scenario.ts';
import { countStatements } from '#test/support/statements.ts';
import { createMember, type Member } from '#test/support/tenant.ts';

const { endpoints } = await loadOperations();
const withDatabase = endpoints
  .filter(({ spec }) => !spec.isStatic)
  .map((operation) => [operation.spec.id, operation] as const);

async function succeed(operation: EndpointOperation, member: Member) {
  const request = await succeeding(operation, member);
  const before = await countStatements();
  const answer = await call(operation.handler, request);
  const statements = (await countStatements()) - before;
  return { status: answer.status, statements };
}

test.each(withDatabase)('%s sends as many statements as it says', async (_, operation) => {
  const { spec } = operation;
  const { status, statements } = await succeed(operation, await createMember());
  expect({ status, statements }).toEqual({
    status: spec.response.status,
    statements: spec.statements,
  });
});
