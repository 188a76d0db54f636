import fc from 'fast-check';

/** What a body is when it is no JSON that the schema speaks about. */
export const textFlaws = [
  'empty',
  'cut off',
  'duplicate member',
  'NUL',
  'lone surrogate',
  '1e400',
  '-0',
  'deep',
  'trailing comma',
  'byte order mark',
  'bad UTF-8',
  'base64',
  'at the limit',
  'above the limit',
  'other media type',
  'other charset',
  'no media type',
  'compressed',
  'prototype member',
] as const;
export type TextFlaw = (typeof textFlaws)[number];

/** The one thing that is wrong with a request; `pick` chooses among the rules that can be broken. */
export type Flaw =
  | { readonly in: 'body' | 'query'; readonly pick: number }
  | { readonly in: 'text'; readonly how: TextFlaw }
  | { readonly in: 'raw query'; readonly text: string }
  | { readonly in: 'path'; readonly text: string }
  | { readonly in: 'header'; readonly name: string; readonly value: string };

const oddQueries = [
  'unknown=1',
  'limit=1&limit=2',
  'Limit=1',
  '%zz=1',
  '%00=%00',
  'limit=%00',
  'limit=%ff',
  'q=%F0%9F',
  'q=%ed%a0%80xyz',
  'a[]=1&a[b]=2',
  '=&=',
  '&&&',
  '__proto__=1',
  'constructor=1',
  'toString',
  'cursor=',
  'cursor=%7B%7D',
  'cursor=AAAA.AAAA',
  'limit=+1',
  'limit=1e2',
  'limit=0x10',
  'limit=-0',
  'limit=%D9%A1',
  'limit=99999999999999999999',
  'limit=NaN',
  'limit=',
  'createdAfter=0000-01-01T00:00:00Z',
  'createdAfter=9999-12-31T23:59:60Z',
  `q=${'x'.repeat(8_000)}`,
  Array.from({ length: 500 }, (_, index) => `p${index}=1`).join('&'),
];

const oddSegments = [
  'null',
  'undefined',
  '0',
  '-1',
  '1e400',
  '\u0000',
  'a\u0000b',
  '..',
  '../../etc/passwd',
  '%2e%2e',
  '%',
  '+',
  ' ',
  "'; drop table projects; --",
  '__proto__',
  'constructor',
  'toString',
  '😀',
  'É',
  '\u202E',
  '{id}',
  'a/b',
  'x'.repeat(5_000),
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '{01980000-0000-7000-8000-000000000001}',
  '01980000000070008000000000000001',
];

const oddHeaders: [string, string][] = [
  ['accept', ''],
  ['accept', 'text/html'],
  ['accept', 'application/xml;q=0, */*;q='],
  ['accept', `${'a/b,'.repeat(2_000)}`],
  ['accept-encoding', 'zstd;q=2, *;q=0'],
  ['accept-language', 'tlh, x-klingon;q=9'],
  ['x-request-id', 'short'],
  ['x-request-id', '\u00ff'.repeat(50)],
  ['x-request-id', 'x'.repeat(9_000)],
  ['traceparent', '00-00000000000000000000000000000000-0000000000000000-00'],
  ['traceparent', 'ff-zzzz'],
  ['traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-ff`],
  ['tracestate', ','.repeat(600)],
  ['baggage', `${'a=b,'.repeat(3_000)}`],
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['host', 'evil.example'],
  ['x-forwarded-for', "1.1.1.1, '; --"],
  ['x-forwarded-proto', 'javascript'],
  ['x-http-method-override', 'DELETE'],
  ['user-agent', ''],
  ['user-agent', '\u00e9\u00ff'.repeat(3_000)],
  ['cookie', ';;;=;auth_token;__Host-auth_token='],
  ['cookie', `auth_token=${'x'.repeat(5_000)}`],
  ['content-length', '-1'],
  ['transfer-encoding', 'chunked'],
  ['range', 'bytes=0-0'],
  ['if-modified-since', 'yesterday'],
  ['if-none-match', '"'],
  ['if-none-match', `${'"v1",'.repeat(2_000)}`],
  ['if-match', `${'"v1", '.repeat(2_000)}`],
  ['if-match', '"v999999999999999999"'],
  ['prefer', 'respond-async, wait=-1'],
  ['sec-fetch-site', 'cross-site'],
  ['x-csrf-token', ''],
  ['x-api-key', ''],
  ['x-api-key', 'plk_'],
  ['x-api-key', `plk_${'x'.repeat(4_000)}`],
  ['authorization', ''],
  ['authorization', 'Bearer'],
  ['authorization', 'Bearer a.b.c'],
  ['authorization', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
  ['authorization', 'Basic dXNlcjpwYXNz'],
  ['authorization', `Bearer ${'x'.repeat(9_000)}`],
  ['authorization', 'Bearer a.b.c, Bearer d.e.f'],
];

/** Flaws of a request that has a body, a query, a path and headers. */
export function flaws({ hasQuery, hasBody }: { hasQuery: boolean; hasBody: boolean }): fc.Arbitrary<Flaw> {
  const one = (weight: number, arbitrary: fc.Arbitrary<Flaw>) => ({ weight, arbitrary });
  const rule = (place: 'body' | 'query') => fc.record({ in: fc.constant(place), pick: fc.nat(100_000) });
  return fc.oneof(
    one(hasBody ? 8 : 0, rule('body')),
    one(
      hasBody ? 4 : 0,
      fc.constantFrom(...textFlaws).map((how) => ({ in: 'text', how })),
    ),
    one(hasQuery ? 5 : 0, rule('query')),
    one(
      2,
      fc.constantFrom(...oddQueries).map((text) => ({ in: 'raw query', text })),
    ),
    one(
      2,
      fc.constantFrom(...oddSegments).map((text) => ({ in: 'path', text })),
    ),
    one(
      3,
      fc.constantFrom(...oddHeaders).map(([name, value]) => ({ in: 'header', name, value })),
    ),
  );
}
