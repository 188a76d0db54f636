import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, test } from 'vitest';
import { errorCatalog } from '#lib/errors/catalog.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { createCompiler, findBreach, openApiDocument } from '#test/support/find-breach.ts';

type Node = Readonly<Record<string, unknown>>;

const { endpoints } = await loadOperations();
// biome-ignore lint/suspicious/noExplicitAny: what it is, these tests find out.
const document = openApiDocument() as any;

/** What the linter says and is not mended, with the reason. */
const accepted: readonly { rule: string; pointer: RegExp; reason: string }[] = [
  {
    rule: 'no-ambiguous-paths',
    pointer: /^#\/paths\/~1api~1v1~1(jobs|notifications)~1/,
    reason:
      'API Gateway prefers the literal segment, and nothing has the id "runs", "dead-letters" or "rules"',
  },
  {
    rule: 'no-unused-components',
    pointer:
      /^#\/components\/(responses\/(RouteNotFound|MethodNotAllowed)|headers\/Access-Control-[A-Za-z-]+)$/,
    reason: 'x-unmatched refers to them: OpenAPI has no place for answers to requests that match no path',
  },
];

// Reads all of it several times, which takes seconds beside others.
test('the linter has nothing to say about the document', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({
    source: JSON.stringify(document),
    absoluteRef: 'openapi.json',
    config,
  });
  const found = problems.map(({ ruleId: rule, message, location: [place] }) => ({
    rule,
    message,
    pointer: place?.pointer ?? '',
  }));
  const isAccepted = ({ rule, pointer }: (typeof found)[number]) =>
    accepted.some((exception) => exception.rule === rule && exception.pointer.test(pointer));
  expect(found.filter((problem) => !isAccepted(problem))).toEqual([]);
  for (const { rule, pointer } of accepted)
    expect(found.filter((problem) => problem.rule === rule && pointer.test(problem.pointer))).not.toEqual([]);
}, 30_000);

test('the document has every route, and resolves every reference', () => {
  for (const { spec } of endpoints.filter(({ spec }) => spec.path !== '$default'))
    expect(document.paths[spec.path][spec.method.toLowerCase()].operationId).toBe(spec.id);
  for (const { $ref } of nodesOf(document)) {
    if (typeof $ref === 'string') expect(resolve({ $ref }), $ref).toBeDefined();
  }
});

describe('the schemas', () => {
  test('describe every property that they require', () => {
    for (const { properties = {}, required } of nodesOf(document.components.schemas))
      if (Array.isArray(required))
        expect(Object.keys(properties as Node)).toEqual(expect.arrayContaining(required));
  });

  test('of answers leave no property undeclared', () => {
    const answers = [
      document.components.responses,
      nodesOf(document.paths).map(({ responses }) => responses),
    ];
    const objects = nodesOf(answers, new Set()).filter(({ type, allOf }) => type === 'object' && !allOf);
    expect(objects.length).toBeGreaterThan(100);
    expect(objects.filter((node) => node.additionalProperties === undefined)).toEqual([]);
  });

  test('name every error code of the catalogue, and no other', () => {
    expect(document.components.schemas.ErrorCode.enum).toEqual(Object.keys(errorCatalog));
  });
});

describe('the examples', () => {
  const examples = nodesOf(document).flatMap(({ schema, example, examples }): [Node, unknown][] => {
    if (!schema) return [];
    const values = Object.values((examples ?? {}) as Record<string, Node>).map(
      (value) => resolve(value).value,
    );
    return [...values, ...(example === undefined ? [] : [example])].map((value) => [schema as Node, value]);
  });
  const ofSchemas = nodesOf(document.components.schemas).flatMap((node): [Node, unknown][] =>
    Array.isArray(node.examples) ? node.examples.map((value) => [node, value]) : [],
  );

  test('are what their schemas describe', async () => {
    const compile = await createCompiler();
    const validators = new Map<string, ReturnType<typeof compile>>();
    expect(examples.length).toBeGreaterThan(200);
    expect(ofSchemas.length).toBeGreaterThan(80);
    for (const [schema, example] of [...examples, ...ofSchemas]) {
      const key = JSON.stringify(schema);
      const validate = validators.get(key) ?? compile(schema);
      validators.set(key, validate);
      if (!validate(example)) expect([example, validate.errors]).toEqual(['to be valid against', schema]);
    }
  });

  test('are there for every body, every answer with one, and every header', () => {
    const bare = nodesOf([document.paths, document.components]).filter(
      (node) => node.schema && !('in' in node) && !('example' in node || 'examples' in node),
    );
    expect(bare).toEqual([]);
  });
});

describe('an answer breaks the document', () => {
  const route = { method: 'GET', path: '/api/v1/auth/totp' };
  const answer = {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-request-id': 'request-0123456789',
      'x-process-time': '0.001000',
      'server-timing': 'total;dur=1',
      'ratelimit-policy': '"read-burst";q=600;w=60, "read-sustained";q=18000;w=3600',
      ratelimit: '"read-burst";r=599;t=60, "read-sustained";r=17999;t=3600',
    },
    cookies: [],
    text: '{"isEnrolled":true,"recoveryCodesLeft":3}',
  };
  const { 'ratelimit-policy': _, ...uncounted } = answer.headers;

  test.each([
    ['not, when all of it is declared', {}, undefined],
    ['by its status', { status: 418 }, 'the status 418 is not declared'],
    ['by its media type', { headers: { ...answer.headers, 'content-type': 'text/html' } }, 'text/html'],
    ['by a header that is missing', { headers: uncounted }, 'RateLimit-Policy is missing'],
    [
      'by a header that is wrong',
      { headers: { ...answer.headers, 'x-process-time': 'long' } },
      'X-Process-Time',
    ],
    [
      'by a property that is not declared',
      { text: '{"isEnrolled":true,"recoveryCodesLeft":3,"x":1}' },
      '"x"',
    ],
    ['by a property that is missing', { text: '{"isEnrolled":true}' }, 'recoveryCodesLeft'],
    ['by a property that is wrong', { text: '{"isEnrolled":1,"recoveryCodesLeft":3}' }, '/isEnrolled'],
    [
      'by a code that the operation does not declare',
      {
        status: 429,
        headers: { ...answer.headers, 'content-type': 'application/problem+json', 'retry-after': '1' },
        text: JSON.stringify({
          type: '/problems/gone',
          title: 'Deleted',
          status: 429,
          instance: '/',
          code: 'gone',
          requestId: 'request-0123456789',
          retryable: false,
        }),
      },
      '/problems/rate_limited',
    ],
  ])('%s', async (_, changed, breach) => {
    const found = await findBreach(route, { ...answer, ...changed });
    if (breach) expect(found).toContain(breach);
    else expect(found).toBeUndefined();
  });
});

/** Every object below a value; with `followed`, also what it refers to. */
function nodesOf(value: unknown, followed?: Set<string>): Node[] {
  if (Array.isArray(value)) return value.flatMap((entry) => nodesOf(entry, followed));
  if (typeof value !== 'object' || value === null) return [];
  const { $ref } = value as { $ref?: string };
  if (followed && $ref) {
    if (followed.has($ref)) return [];
    followed.add($ref);
    return nodesOf(resolve(value as Node), followed);
  }
  return [value as Node, ...Object.values(value).flatMap((entry) => nodesOf(entry, followed))];
}

function resolve(node: Node): Node {
  if (typeof node.$ref !== 'string') return node;
  return node.$ref
    .split('/')
    .slice(1)
    .reduce((found, key) => found?.[key], document);
}
