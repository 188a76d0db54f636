import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handler as refuseRoute } from '#functions/docs/refuse-route.ts';
import { handler as getLiveness } from '#functions/health/get-liveness.ts';
import { forgetAllowedOrigins } from '#lib/config/allowed-origins.ts';
import { call } from '#test/support/call.ts';
import { openApiDocument } from '#test/support/find-breach.ts';

const client = 'https://app.example.com';
const stranger = 'https://elsewhere.example';

function allow(origins: string): void {
  process.env.ALLOWED_ORIGINS = origins;
  forgetAllowedOrigins();
}

beforeAll(() => allow(`${client}, http://localhost:5173`));
afterAll(() => allow(''));

describe('a preflight', () => {
  const ask = (origin: string, path: string, method = 'PATCH') =>
    call(refuseRoute, {
      method: 'OPTIONS',
      path,
      headers: { origin, 'access-control-request-method': method },
    });
  const project = '/api/v1/projects/01980000-0000-7000-8000-000000000001';

  test('of a web client is told the methods of the path and the headers it may send', async () => {
    const { status, headers } = await ask(client, project);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': client,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': expect.stringMatching(/\bPATCH\b/),
      'access-control-allow-headers': expect.stringMatching(/Authorization.*If-Match.*X-CSRF-Token/),
      'access-control-max-age': '7200',
      vary: 'accept-encoding, origin',
    });
    expect(headers['access-control-allow-methods']).not.toContain('POST');
  });

  test.each([
    stranger,
    'null',
    'http://app.example.com',
    'https://app.example.com.evil.example',
    'https://evil.app.example.com',
    'https://app.example.com:8443',
    'HTTPS://APP.EXAMPLE.COM',
    '*',
    '',
  ])('of %j is told nothing that lets it in', async (origin) => {
    const { status, headers } = await ask(origin, project);
    expect([status, headers.allow]).toEqual([204, expect.stringContaining('PATCH')]);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    const answer = await call(getLiveness, { headers: { origin } });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  test('of a path that does not exist is 404', async () => {
    expect((await ask(client, '/nowhere')).status).toBe(404);
  });

  test('lets nobody in while there is no list', async () => {
    allow('');
    const { headers } = await ask(client, project);
    allow(client);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a web client on the list', () => {
  const { components } = openApiDocument();
  const listed = (headers: Record<string, string>, name: string) => headers[name]?.toLowerCase().split(', ');
  const lowerCased = (names: string[]) => names.map((name) => name.toLowerCase());

  test('may read every header of the document that its browser does not act on by itself', async () => {
    allow(client);
    const { headers } = await call(getLiveness, { headers: { origin: client } });
    const names = Object.keys(components.headers).filter(
      (name) => !/^(Access-Control-.+|Cache-Control|Content-.+|Cross-Origin-.+|Set-Cookie)$/.test(name),
    );
    expect(listed(headers, 'access-control-expose-headers')).toEqual(
      expect.arrayContaining(lowerCased(names)),
    );
  });

  test('may send every header that the document asks for', async () => {
    allow(client);
    const { headers } = await call(refuseRoute, {
      method: 'OPTIONS',
      path: '/health',
      headers: { origin: client, 'access-control-request-method': 'GET' },
    });
    const inHeader = ({ in: place }: { in?: string }) => place === 'header';
    const names = [components.parameters, components.securitySchemes]
      .flatMap((described) => Object.values(described).filter(inHeader))
      .map(({ name = '' }) => name);
    expect(names.length).toBeGreaterThan(3);
    expect(listed(headers, 'access-control-allow-headers')).toEqual(
      expect.arrayContaining(['authorization', 'content-type', ...lowerCased(names)]),
    );
  });
});
