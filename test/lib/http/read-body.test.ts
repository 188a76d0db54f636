import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { createPipeline } from '#lib/http/create-pipeline.ts';
import { readBody } from '#lib/http/read-body.ts';
import { answerTo } from '#test/support/call.ts';
import { toEvent } from '#test/support/event.ts';

const endpoint = createPipeline({
  spec: {
    id: 'echo',
    method: 'POST',
    path: '/echo',
    summary: 'Echo',
    access: 'public',
    rateLimit: 'write',
    statements: 0,
    body: z.unknown(),
    response: { status: 200, schema: z.unknown() },
  },
  run: ({ body }: { body: unknown }) => body,
  entry: [readBody({ method: 'POST' })],
});

function send(bytes: Buffer) {
  const event = {
    ...toEvent(endpoint, { body: 'x' }),
    body: bytes.toString('base64'),
    isBase64Encoded: true,
  };
  return answerTo(endpoint, event);
}

test('an encoded body is decoded, and has to be UTF-8', async () => {
  expect((await send(Buffer.from('{"a":"é🚀"}'))).body).toEqual({ a: 'é🚀' });
  const latin1 = await send(Buffer.from('{"a":"é"}', 'latin1'));
  expect([latin1.status, latin1.body.code, latin1.body.detail]).toEqual([
    400,
    'malformed_json',
    'The body is not UTF-8',
  ]);
});

test('an encoded body is measured before it is decoded', async () => {
  const event = {
    ...toEvent(endpoint, { body: 'x' }),
    // Decoded, these would be no bytes at all.
    body: '!'.repeat(200_000),
    isBase64Encoded: true,
  };
  expect((await answerTo(endpoint, event)).status).toBe(413);
});

test('64 levels are read, 65 are refused', async () => {
  const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
  expect((await send(nested(64))).status).toBe(200);
  expect((await send(nested(65))).body.detail).toContain('deeper than 64');
});

test.each([
  '{"a":1,"a":1}',
  '{"a":1,"b":{"c":1,"c":2}}',
  '[{"a":1},{"b":[{"c":1,"d":2,"c":3}]}]',
  '{"a":1,"\\u0061":2}',
  '{"\\"":1, "x":":", "\\"" : 2}',
])('two members of one name are refused: %s', async (json) => {
  const { status, body } = await send(Buffer.from(json));
  expect([status, body.code]).toEqual([400, 'malformed_json']);
  expect(body.detail).toContain('two members of one name');
});

test('any other JSON is read as it is, however it is spaced', async () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom('"', '\\', ':', '":"', '\\":', '"a":1', '{"a":1,"a":2}'),
  );
  // Once V8 has met a name with a backslash, it can take it for another escaped name: nodejs/node#63785.
  const names = texts.filter((text) => !text.includes('\\'));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(texts, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
      fc.array(tie('value')),
      fc.dictionary(names, tie('value'), { noNullPrototype: true }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(value, fc.integer({ min: 0, max: 2 }), async (any, spaces) => {
      const json = JSON.stringify([any], null, spaces);
      fc.pre(!/__proto__|constructor|\\u0000/.test(json));
      const { status, body } = await send(Buffer.from(json));
      expect({ status, body }).toEqual({ status: 200, body: JSON.parse(json) });
    }),
    { numRuns: 500 },
  );
});
