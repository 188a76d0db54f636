import { expect, test } from 'vitest';
import { handler as getDocs } from '#functions/docs/get-docs.ts';
import { handler as getOpenapi } from '#functions/docs/get-openapi.ts';
import { handler as getProblem } from '#functions/docs/get-problem.ts';
import { handler as refuseRoute } from '#functions/docs/refuse-route.ts';
import { escapeHtml } from '#lib/docs/render-page.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { call } from '#test/support/call.ts';

test('the page has every operation, and may load nothing but its own style', async () => {
  const { endpoints } = await loadOperations();
  const { text, headers } = await call(getDocs);
  for (const { spec } of endpoints.filter(({ spec }) => spec.path !== '$default')) {
    expect(text).toContain(`id="${spec.id}"`);
    expect(text).toContain(spec.summary.replaceAll("'", '&#39;'));
  }
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; frame-ancestors 'none'; style-src 'sha256-[\w+/=]+'$/,
  );
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
  ['PUT', '/health', 405, 'GET'],
  ['POST', '/api/v1/projects/01980000-0000-7000-8000-000000000001', 405, 'DELETE, GET, PUT, PATCH'],
])('%s %s is %d', async (method, path, status, allow) => {
  const answer = await call(refuseRoute, { method, path });
  expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
});

test('text cannot become markup', () => {
  expect(escapeHtml(`<a href="x" id='y'>&`)).toBe('&#60;a href=&#34;x&#34; id=&#39;y&#39;&#62;&#38;');
});
