import { createConfig, lintFromString } from '@redocly/openapi-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Email } from '#lib/email.ts';
import { errorCatalog } from '#lib/errors/catalog.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { pageLimitBytes } from '#lib/pagination/to-page.ts';
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

test('who reads a list is told that a page ends at a size, too', () => {
  const limits = endpoints.flatMap(({ spec }) => {
    const { parameters = [] } = document.paths[spec.path]?.[spec.method.toLowerCase()] ?? {};
    return parameters.filter(
      ({ name, in: place }: Record<string, string>) => name === 'limit' && place === 'query',
    );
  });
  expect(limits.length).toBeGreaterThan(10);
  const megabytes = `${pageLimitBytes / 1_000_000} MB`;
  for (const { description } of limits) expect(description).toContain(megabytes);
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

describe('a text is valid to the service when it is by the document', () => {
  test('an address', async () => {
    const published = nodesOf(document.components.schemas).filter(({ format }) => format === 'email');
    expect(new Set(published.map(({ pattern, maxLength }) => `${maxLength} ${pattern}`)).size).toBe(1);
    const [node = {}] = published;
    const valid = fc.stringMatching(new RegExp(String(node.pattern), 'u'), { maxLength: 60 });
    const bent = fc
      .tuple(valid, fc.nat(60), fc.constantFrom('-', '.', '@', "'", '_', '7', 'é', ' ', '!', '..', '\n'))
      .map(([text, at, odd]) => text.slice(0, at) + odd + text.slice(at));
    const picked = [
      'a@b-.com',
      'a@-b.com',
      'a@b--c.com',
      'a@b.c',
      'a@1.2.3.4',
      'a@b.com\n',
      '"a b"@c.com',
    ].concat([249, 250].map((length) => `${'a'.repeat(length)}@b.co`));
    const validate = (await createCompiler())(node);
    const texts = [...picked, ...fc.sample(valid, 100), ...fc.sample(bent, 400)];
    expect(texts.filter((text) => Email.safeParse(text).success !== validate(text))).toEqual([]);
    expect(texts.filter((text) => validate(text)).length).toBeGreaterThan(100);
  });

  test('any that is too short, too long or just not, its characters counted as code points', async () => {
    const compile = await createCompiler();
    const bounded: { schema: z.core.$ZodType; published: Node; place: string }[] = [];
    for (const { spec } of endpoints)
      for (const schema of [spec.params, spec.query, spec.body].filter((part) => part !== undefined))
        z.toJSONSchema(schema, {
          io: 'input',
          unrepresentable: 'any',
          override: ({ zodSchema, jsonSchema, path }) => {
            if (zodSchema._zod.def.type === 'string' && (jsonSchema.minLength || jsonSchema.maxLength))
              bounded.push({
                schema: zodSchema,
                published: { ...jsonSchema },
                place: `${spec.id} ${path.join('/')}`,
              });
          },
        });
    expect(bounded.length).toBeGreaterThan(40);
    for (const { schema, published, place } of bounded) {
      const validate = compile(published);
      const { minLength = 0, maxLength = 0 } = published as { minLength?: number; maxLength?: number };
      const lengths = [minLength - 1, minLength, maxLength, maxLength + 1].filter((length) => length >= 0);
      for (const length of lengths) {
        const isValid = (letter: string) => z.safeParse(schema, letter.repeat(length)).success;
        // Of a text with a rule besides, like a time zone, no letter is valid.
        if (isValid('x') === validate('x'.repeat(length)))
          expect([place, length, isValid('🐘')]).toEqual([place, length, validate('🐘'.repeat(length))]);
      }
    }
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
