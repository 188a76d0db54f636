import { join } from 'node:path';
import { expect, test } from 'vitest';
import { handler } from '#functions/monitoring/validate-endpoints.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { type EndpointFacts, loadOperationFacts } from '#lib/monitoring/operation-facts.ts';
import { validateEndpoints } from '#lib/monitoring/validate-endpoints.ts';
import { call } from '#test/support/call.ts';
import { createMember } from '#test/support/tenant.ts';

const { endpoints } = await loadOperations();
const { endpoints: facts } = loadOperationFacts(join(import.meta.dirname, '../../../functions/monitoring'));
const operator = () => createMember('operator');

test('every route of ours passes', async () => {
  const { body } = await call(handler, { token: (await operator()).token });
  expect(body.endpoints.filter(({ status }: { status: string }) => status !== 'pass')).toEqual([]);
  expect(body.status).toBe('pass');
  expect(body.endpoints.map(({ operation }: { operation: string }) => operation)).toEqual(
    endpoints.map(({ spec }) => spec.id),
  );
});

test.each<[string, string, Partial<EndpointFacts>]>([
  ['schema', 'fail', { hasResponseSchema: false }],
  ['access', 'fail', { permission: 'projects:levitate' }],
  ['access', 'fail', { access: '' }],
  ['limit', 'fail', { limit: 0 }],
  ['timeout', 'fail', { timeoutSeconds: 30 }],
  ['timeout', 'fail', { timeoutSeconds: 0 }],
  ['errors', 'fail', { errorCodes: ['internal'] }],
  [
    'errors',
    'fail',
    { errorCodes: ['rate_limited', 'internal', 'deadline_exceeded', 'unauthenticated', 'unheard_of'] },
  ],
  ['openapi', 'fail', { openapiId: 'another' }],
  ['event', 'fail', { events: 0 }],
  ['event', 'fail', { events: 2 }],
  ['eventFile', 'warn', { hasEventFile: false }],
  ['alarm', 'warn', { hasAlarm: false }],
])('a route that breaks the rule "%s" is %s', async (rule, status, changed) => {
  const [sound] = facts.filter(({ id }) => id === 'getCurrentUser');
  const { ctx } = await operator();
  const report = validateEndpoints(ctx, {
    endpoints: [{ ...(sound as EndpointFacts), ...changed }],
    jobs: [],
  });
  expect(report.status).toBe(status);
  expect(report.endpoints[0]?.problems).toMatchObject([{ rule, status, detail: expect.any(String) }]);
});

test('two endpoints on one route fail', async () => {
  const { ctx } = await operator();
  const [first] = facts;
  const { endpoints: checked } = validateEndpoints(ctx, {
    endpoints: [first, first] as EndpointFacts[],
    jobs: [],
  });
  expect(checked.map(({ status }) => status)).toEqual(['fail', 'fail']);
});
