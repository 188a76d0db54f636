import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { chooseCoding, compressResponse } from '#lib/http/compress-response.ts';
import type { HttpResponse } from '#lib/http/middleware.ts';

const large = JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ id, name: `Prøject 🚀 ${id}` })));

function compress(acceptEncoding: string | undefined, response: HttpResponse = {}): HttpResponse {
  const answer = { statusCode: 200, body: large, ...response };
  compressResponse(answer, acceptEncoding);
  return answer;
}

test('a long answer is encoded as the client likes it, and has the same bytes behind that', () => {
  for (const [coding, decode] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const) {
    const { body = '', headers, isBase64Encoded } = compress(coding);
    expect([headers, isBase64Encoded]).toEqual([{ 'content-encoding': coding }, true]);
    const bytes = Buffer.from(body, 'base64');
    expect(bytes.length).toBeLessThan(large.length / 3);
    expect(decode(bytes).toString()).toBe(large);
  }
});

test.each<[string, string | undefined, HttpResponse]>([
  ['nobody asked', undefined, {}],
  ['it is short', 'br', { body: 'x'.repeat(1_399) }],
  ['it is encoded already', 'br', { headers: { 'content-encoding': 'gzip' } }],
  ['it is binary', 'br', { isBase64Encoded: true }],
  ['it logs somebody in', 'br', { cookies: ['auth_token=x'] }],
  ['it must not be transformed', 'br', { headers: { 'cache-control': 'public, no-transform' } }],
])('an answer stays as it is when %s', (_, acceptEncoding, response) => {
  const before = { statusCode: 200, body: large, ...response };
  expect(compress(acceptEncoding, response)).toEqual(before);
});

test('an answer without a body stays without one', () => {
  const answer: HttpResponse = { statusCode: 204 };
  compressResponse(answer, 'br');
  expect(answer).toEqual({ statusCode: 204 });
});

test.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, deflate', 'gzip'],
  ['GZIP', 'gzip'],
  ['br;q=0.5, gzip;q=0.8', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br ; q=0 , gzip ; q=0.001', 'gzip'],
  ['*', 'br'],
  ['*, br;q=0', 'gzip'],
  ['identity;q=0, *', 'br'],
  ['identity, gzip;q=0.5', undefined],
  ['gzip;q=0', undefined],
  ['*;q=0', undefined],
  ['deflate, zstd', undefined],
  ['identity', undefined],
  ['gzip;q=nonsense', undefined],
  ['', undefined],
])('"Accept-Encoding: %s" asks for %s', (header, coding) => {
  expect(chooseCoding(header)).toBe(coding);
});
