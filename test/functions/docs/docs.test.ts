import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { handler as getDocs } from '#functions/docs/get-docs.ts';
import { handler as getDocsAsset } from '#functions/docs/get-docs-asset.ts';
import { handler as getOpenapi } from '#functions/docs/get-openapi.ts';
import { handler as getProblem } from '#functions/docs/get-problem.ts';
import { handler as refuseRoute } from '#functions/docs/refuse-route.ts';
import { escapeHtml } from '#lib/docs/render-page.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { call } from '#test/support/call.ts';
import { lambdaContext, toEvent } from '#test/support/event.ts';

/** The assets that the page asks for, as the last segments of their paths. */
async function filesOfPage(): Promise<string[]> {
  const { text } = await call(getDocs);
  return [...text.matchAll(/(?:src|href)="\/docs\/assets\/([^"]+)"/g)].map(([, file]) => file ?? '');
}

test('the page has every operation, and may load nothing but files of this origin and its own style', async () => {
  const { endpoints } = await loadOperations();
  const { text, headers } = await call(getDocs);
  for (const { spec } of endpoints.filter(({ spec }) => spec.path !== '$default')) {
    expect(text).toContain(`id="${spec.id}"`);
    expect(text).toContain(spec.summary.replaceAll("'", '&#39;'));
  }
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  const policy = String(headers['content-security-policy']).split('; ');
  expect(policy).toEqual([
    "default-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    expect.stringMatching(/^style-src 'self' 'sha256-[\w+/=]+'$/),
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
  ]);
  expect(text).not.toMatch(/ style=|<script>| on\w+=/);
});

test.each([
  ['the page', getDocs, {}],
  ['the page of a problem', getProblem, { params: { code: 'not_found' } }],
])('%s keeps its window from pages of other sites that opened it', async (_, handler, options) => {
  const { headers } = await call(handler, options);
  expect(headers['cross-origin-opener-policy']).toBe('same-origin');
});

test('the page asks for files by their content, which may be kept for ever', async () => {
  const files = await filesOfPage();
  expect(files.map((file) => file.replace(/\.[0-9a-f]{16}\./, '.'))).toEqual([
    'swagger-ui.css',
    'docs-page.css',
    'swagger-ui-bundle.js',
    'docs-page.js',
    'swagger-ui.LICENSE.txt',
    'swagger-ui.NOTICE.txt',
    'swagger-ui-bundle.js.LICENSE.txt',
  ]);
  for (const file of files) {
    const { text, headers } = await call(getDocsAsset, { params: { file } });
    const [, hash, extension = ''] = /\.([0-9a-f]{16})\.(\w+)$/.exec(file) ?? [];
    expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe(hash);
    expect(headers).toMatchObject({
      'content-type': `text/${{ js: 'javascript', css: 'css', txt: 'plain' }[extension]}; charset=utf-8`,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding, origin',
    });
  }
});

test.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['br;q=0, *', 'gzip'],
  ['identity', undefined],
])('to who accepts %s a file is sent as %s', async (accepted, coding) => {
  const file = 'swagger-ui.css';
  const plain = await call(getDocsAsset, { params: { file } });
  const options = { params: { file }, headers: { 'accept-encoding': accepted } };
  const coded = await call(getDocsAsset, options);
  expect(coded.headers['content-encoding']).toBe(coding);
  expect(coded.text).toBe(plain.text);
  const { body = '' } = await getDocsAsset(toEvent(getDocsAsset, options), lambdaContext());
  const share = Buffer.from(body, 'base64').length / Buffer.byteLength(plain.text);
  expect(share < 0.2).toBe(coding !== undefined);
});

test('a page from before a deployment gets the files of today, which are not kept under the name of another day', async () => {
  const [file = ''] = await filesOfPage();
  const kept = await call(getDocsAsset, { params: { file } });
  const old = await call(getDocsAsset, {
    params: { file: file.replace(/\.[0-9a-f]{16}\./, '.0123456789abcdef.') },
  });
  expect([old.text, old.headers['cache-control']]).toEqual([kept.text, 'no-store']);
});

test('there is no other file', async () => {
  for (const file of [
    'nope.js',
    'constructor',
    '__proto__.js',
    '..%2Fpackage.json',
    '../../package.json',
    '',
  ])
    expect((await call(getDocsAsset, { params: { file } })).body.code, file).toBe('not_found');
});

test('the document is OpenAPI 3.1', async () => {
  expect((await call(getOpenapi)).body).toMatchObject({
    openapi: '3.1.0',
    paths: { '/api/v1/projects': {} },
  });
});

test.each([
  ['the page', getDocs],
  ['the document', getOpenapi],
])('%s is kept for five minutes, and asked for again without being sent again', async (_, handler) => {
  const { headers } = await call(handler);
  expect(headers['cache-control']).toBe('public, max-age=300');
  const again = await call(handler, { headers: { 'if-none-match': String(headers.etag) } });
  expect([again.status, again.text, again.headers.etag]).toEqual([304, '', headers.etag]);
  expect((await call(handler, { headers: { 'if-none-match': '"another"' } })).status).toBe(200);
});

test('an unknown problem type is 404', async () => {
  for (const code of ['nope', 'toString', '__proto__'])
    expect((await call(getProblem, { params: { code } })).body.code).toBe('not_found');
});

test.each([
  ['GET', '/nowhere', 404, undefined],
  ['GET', '/api/v1/projects/', 404, undefined],
  ['PUT', '/health', 405, 'GET, HEAD, OPTIONS'],
  ['POST', '/api/v1/projects/01980000-0000-7000-8000-000000000001', 405, 'DELETE, GET, PUT, PATCH, OPTIONS'],
  ['OPTIONS', '/health', 204, 'GET, HEAD, OPTIONS'],
])('%s %s is %d', async (method, path, status, allow) => {
  const answer = await call(refuseRoute, { method, path });
  expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
});

test('text cannot become markup', () => {
  expect(escapeHtml(`<a href="x" id='y'>&`)).toBe('&#60;a href=&#34;x&#34; id=&#39;y&#39;&#62;&#38;');
});
