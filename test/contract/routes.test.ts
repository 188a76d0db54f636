import { describe, expect, test } from 'vitest';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { bodyLimitOf } from '#lib/http/read-body.ts';
import { answerTo, call } from '#test/support/call.ts';
import { toEvent } from '#test/support/event.ts';
import { eventOf, succeeding } from '#test/support/scenario.ts';
import { createMember } from '#test/support/tenant.ts';

const { endpoints } = await loadOperations();
const byId = endpoints.map((operation) => [operation.spec.id, operation] as const);
const where = (condition: (operation: EndpointOperation) => unknown) =>
  byId.filter(([, operation]) => condition(operation));

describe('a route that is not public', () => {
  test.each(where(({ spec }) => spec.access !== 'public'))(
    '%s refuses anonymous callers with 401',
    async (_, operation) => {
      const answer = await call(operation.handler, eventOf(operation));
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ code: 'unauthenticated', type: '/problems/unauthenticated' });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    },
  );
});

describe('a body', () => {
  const withBody = where(({ spec }) => spec.body);
  // Of NDJSON each line fails alone: test/functions/projects/import-projects.test.ts.
  const withJson = where(({ spec }) => spec.body && spec.bodyFormat !== 'ndjson');

  test.each(withJson)('of %s that is not JSON is 400', async (_, operation) => {
    const { token } = await createMember('owner', 'operator');
    for (const body of [
      '{"name": ',
      '',
      '\u0000',
      '{"__proto__": {}}',
      '{"name": "one", "name": "one"}',
      '{"name": "\\u0000"}',
      '{"name": "\\ud800"}',
      '['.repeat(50_000),
      `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      `{"metadata":{"a":${'['.repeat(64)}${']'.repeat(64)}}}`,
    ]) {
      const answer = await call(operation.handler, { ...eventOf(operation), token, body });
      expect([answer.status, answer.body.code], body.slice(0, 40)).toEqual([400, 'malformed_json']);
    }
  });

  test.each(withJson)('of %s with wrong types is 422 with pointers', async (_, operation) => {
    const { token } = await createMember('owner', 'operator');
    for (const body of [[], null, 7, 'text', { unknownField: 1 }]) {
      const answer = await call(operation.handler, {
        ...eventOf(operation),
        token,
        body: JSON.stringify(body),
      });
      expect([answer.status, answer.body.code], JSON.stringify(body)).toEqual([422, 'validation_failed']);
      expect(answer.body.errors[0]).toMatchObject({
        in: 'body',
        pointer: expect.any(String),
        detail: expect.any(String),
      });
    }
  });

  test.each(withJson)('of %s that names an unknown field gets a pointer to it', async (_, operation) => {
    const { token } = await createMember('owner', 'operator');
    const valid = eventOf(operation);
    const body = { ...JSON.parse(String(valid.body)), 'is/odd~': true };
    const answer = await call(operation.handler, { ...valid, token, body });
    expect(answer.body.errors).toMatchObject([{ pointer: '/is~1odd~0', code: 'unrecognized_keys' }]);
  });

  test.each(withBody)(
    'of %s is UTF-8, as text and as bytes, and other bytes are 400',
    async (_, operation) => {
      const { token } = await createMember('owner', 'operator');
      const { handler, spec } = operation;
      const sendBytes = (bytes: Buffer) => {
        const event = toEvent(handler, { ...eventOf(operation), token, body: 'x' });
        return answerTo(handler, { ...event, body: bytes.toString('base64'), isBase64Encoded: true });
      };
      const refused = await sendBytes(Buffer.from('{"name":"é"}', 'latin1'));
      expect([refused.status, refused.body.code]).toEqual([400, 'malformed_json']);
      if (spec.bodyFormat === 'ndjson') return;
      const name = '日本語 & Ærø 🚀';
      const body = JSON.stringify({ [name]: 1 });
      for (const answer of [
        await sendBytes(Buffer.from(body)),
        await call(handler, { ...eventOf(operation), token, body }),
      ])
        expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain(`/${name}`);
    },
  );

  test.each(withBody)('of %s above the limit is 413, and of another type 415', async (_, operation) => {
    const { token } = await createMember('owner', 'operator');
    const large = `{"name":"${'x'.repeat(bodyLimitOf(operation.spec))}"}`;
    expect((await call(operation.handler, { ...eventOf(operation), token, body: large })).status).toBe(413);
    const refused = [
      { 'content-type': 'text/plain' },
      { 'content-type': '' },
      { 'content-type': 'application/vnd.api+json' },
      { 'content-type': 'application/json; charset=iso-8859-1' },
      { 'content-encoding': 'gzip' },
    ];
    for (const odd of refused) {
      const headers = { ...eventOf(operation).headers, ...odd };
      expect((await call(operation.handler, { ...eventOf(operation), token, headers })).status).toBe(415);
    }
  });
});

describe('an id', () => {
  const cases = where(({ spec }) => spec.access !== 'public').flatMap(([id, operation]) =>
    [...operation.spec.path.matchAll(/\{(\w+)\}/g)].map(
      ([, name = '']): [string, string, EndpointOperation] => [name, id, operation],
    ),
  );

  // What operators see belongs to the service, not to an organization.
  test.each(cases.filter(([, , { area }]) => !['monitoring', 'job-control'].includes(area)))(
    '{%s} of another organization is the same 404 as a missing one: %s',
    async (name, _, operation) => {
      const [owner, stranger] = await Promise.all([
        createMember('owner', 'operator'),
        createMember('owner', 'operator'),
      ]);
      const theirs = String((await succeeding(operation, owner)).params?.[name]);
      const missing = theirs.replace(/.{12}$/, 'ffffffffffff');
      const own = await succeeding(operation, stranger);
      const [foreign, absent] = await Promise.all(
        [theirs, missing].map((id) =>
          call(operation.handler, { ...own, params: { ...own.params, [name]: id } }),
        ),
      );
      expect(foreign?.status).toBe(404);
      const comparable = (answer: typeof foreign) => ({
        ...answer?.body,
        detail: '',
        instance: '',
        requestId: '',
      });
      expect(comparable(foreign)).toEqual(comparable(absent));
      expect(foreign?.body.detail.replace(theirs, missing)).toBe(absent?.body.detail);
    },
  );

  test.each(cases)('{%s} that is no id is 422: %s', async (name, _, operation) => {
    const { token } = await createMember('owner', 'operator');
    const event = eventOf(operation);
    const params = { ...event.params, [name]: "1' or '1'='1" };
    const answer = await call(operation.handler, { ...event, token, params });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ in: 'path', pointer: `/${name}` }]);
  });
});

test.each(where(({ spec }) => spec.query))(
  '%s refuses unknown and repeated query parameters by name',
  async (_, operation) => {
    const { token } = await createMember('owner', 'operator');
    for (const query of ['nonsense=1', 'limit=1&limit=2', 'status=%00']) {
      const answer = await call(operation.handler, { ...eventOf(operation), token, query });
      expect([answer.status, answer.body.code]).toEqual([400, 'unknown_parameter']);
      expect(answer.body.detail).toContain(`"${query.split('=')[0]}"`);
    }
  },
);
