import { expect, test } from 'vitest';
import * as z from 'zod';
import { createPipeline } from '#lib/http/create-pipeline.ts';
import { readBody } from '#lib/http/read-body.ts';
import { lambdaContext, toEvent } from '#test/support/event.ts';

const endpoint = createPipeline(
  {
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
  (input) => (input as { body: unknown }).body,
  [readBody({ method: 'POST' })],
);

async function send(bytes: Buffer) {
  const event = {
    ...toEvent(endpoint, { body: 'x' }),
    body: bytes.toString('base64'),
    isBase64Encoded: true,
  };
  const response = await endpoint(event, lambdaContext());
  return { status: response.statusCode, body: JSON.parse(response.body ?? '') };
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

test('64 levels are read, 65 are refused', async () => {
  const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
  expect((await send(nested(64))).status).toBe(200);
  expect((await send(nested(65))).body.detail).toContain('deeper than 64');
});
