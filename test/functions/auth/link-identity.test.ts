import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { afterAll, describe, expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as linkIdentity } from '#functions/auth/link-identity.ts';
import { handler as listIdentities } from '#functions/auth/list-identities.ts';
import { handler as listSessions } from '#functions/auth/list-sessions.ts';
import { handler as unlinkIdentity } from '#functions/auth/unlink-identity.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createMember, sql } from '#test/support/tenant.ts';

// An issuer as Auth0, Keycloak and Cognito are one, over real HTTP; two more whose keys never come.
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' });
let keyRequests = 0;
const server = createServer((request, response: ServerResponse) => {
  keyRequests += 1;
  if (request.url === '/hangs') return;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ keys: [jwk(rsa.publicKey, 'r1'), jwk(ec.publicKey, 'e1')] }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const issuer = 'https://id.example.com/';
process.env.AUTH_EXTERNAL_ISSUERS = JSON.stringify([
  { issuer, jwksUrl: `${host}/jwks`, audience: 'plinth-api' },
  { issuer: 'https://hangs.example.com/', jwksUrl: `${host}/hangs`, audience: 'plinth-api' },
  { issuer: 'https://down.example.com/', jwksUrl: 'http://127.0.0.1:9/jwks', audience: 'plinth-api' },
]);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let subjects = 0;
const newSubject = () => `auth0|${++subjects}-${Date.now()}`;

function sign(claims: object, header: object = {}, key: KeyObject = rsa.privateKey) {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: issuer,
    aud: 'plinth-api',
    sub: newSubject(),
    iat: now,
    exp: now + 300,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'r1', ...header })
    .sign(key);
}

async function linked() {
  const member = await createMember('editor');
  const sub = newSubject();
  const accessToken = await sign({ sub });
  const answer = await call(linkIdentity, { token: member.token, body: { accessToken } });
  expect(answer.status).toBe(201);
  return { member, sub };
}

describe('succeeds', () => {
  test('a token of the issuer acts as the linked account, with its role of now', async () => {
    const { member, sub } = await linked();
    const token = await sign({ sub });
    expect((await call(getCurrentUser, { token })).body.id).toBe(member.userId);
    expect((await call(createProject, { token, body: { name: 'From outside' } })).status).toBe(201);
    await sql`update memberships set role = 'viewer' where user_id = ${member.userId}`;
    expect((await call(createProject, { token, body: { name: 'No more' } })).status).toBe(403);
  });

  test('with the audiences of Auth0 (a list), Keycloak (ES256) and Cognito (client_id)', async () => {
    const { sub } = await linked();
    const tokens = [
      await sign({ sub, aud: ['plinth-api', 'https://id.example.com/userinfo'] }),
      await sign({ sub, typ: 'Bearer' }, { alg: 'ES256', kid: 'e1' }, ec.privateKey),
      await sign({ sub, aud: undefined, client_id: 'plinth-api', token_use: 'access' }),
    ];
    for (const token of tokens) expect((await call(getCurrentUser, { token })).status).toBe(200);
  });

  test('the link is listed, and gone at once when it is ended', async () => {
    const { member, sub } = await linked();
    const { body } = await call(listIdentities, { token: member.token });
    expect(body.items).toMatchObject([{ issuer, subject: sub }]);
    const other = await createMember();
    const query = { issuer, subject: sub };
    expect((await call(unlinkIdentity, { token: other.token, query })).status).toBe(404);
    expect((await call(unlinkIdentity, { token: member.token, query })).status).toBe(204);
    expect((await call(getCurrentUser, { token: await sign({ sub }) })).status).toBe(401);
  });
});

describe('rejects', () => {
  test('a subject that no account is linked to', async () => {
    const { status, body } = await call(getCurrentUser, { token: await sign({}) });
    expect([status, body.detail]).toEqual([401, 'No account is linked to the subject of this token']);
  });

  test('an identity that is linked already, and a token that proves none', async () => {
    const { sub } = await linked();
    const { token } = await createMember();
    const taken = await call(linkIdentity, { token, body: { accessToken: await sign({ sub }) } });
    expect([taken.status, taken.body.code]).toEqual([409, 'identity_taken']);
    for (const accessToken of [
      'x',
      await sign({ aud: 'other' }),
      await sign({ iss: 'https://evil.example/' }),
    ]) {
      const { status, body } = await call(linkIdentity, { token, body: { accessToken } });
      expect([status, body.errors?.[0].pointer]).toEqual([422, '/accessToken']);
    }
  });

  test('forged and misdirected tokens of a linked account', async () => {
    const { sub } = await linked();
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: issuer, aud: 'plinth-api', sub, exp: Math.floor(Date.now() / 1000) + 300 };
    const confused = `${encode({ alg: 'HS256', kid: 'r1' })}.${encode(claims)}`;
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const forged = {
      'alg none': `${encode({ alg: 'none' })}.${encode(claims)}.`,
      'HS256 with the public key': `${confused}.${createHmac('sha256', pem).update(confused).digest('base64url')}`,
      'another key': await sign({ sub }, {}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
      'an unknown kid': await sign({ sub }, { kid: 'other' }),
      'an issuer nobody trusts': await sign({ sub, iss: 'https://evil.example/' }),
      'our own name as issuer': await sign({ sub, iss: 'http://localhost:3000' }),
      'another audience': await sign({ sub, aud: 'other' }),
      'no audience': await sign({ sub, aud: undefined }),
      'an ID token of Cognito': await sign({ sub, token_use: 'id' }),
      'an ID token of Keycloak': await sign({ sub, typ: 'ID' }),
      'an expiry in the past': await sign({ sub, exp: Math.floor(Date.now() / 1000) - 1 }),
      'no expiry': await sign({ sub, exp: undefined }),
      'a start in the future': await sign({ sub, nbf: Math.floor(Date.now() / 1000) + 120 }),
    };
    for (const [reason, token] of Object.entries(forged))
      expect((await call(getCurrentUser, { token })).status, reason).toBe(401);
  });

  test('what needs a session of ours', async () => {
    const { sub } = await linked();
    expect((await call(listSessions, { token: await sign({ sub }) })).status).toBe(403);
  });
});

describe('protects', () => {
  test('browsers: a token of another issuer is not taken from a cookie, where other sites could use it', async () => {
    const { sub } = await linked();
    const token = await sign({ sub });
    const write = { body: { name: 'Forged' }, headers: { 'sec-fetch-site': 'cross-site' } };
    Object.assign(getConfig(), { LEGACY_ACCESS_COOKIE: true });
    for (const name of ['auth_token', 'access_token'])
      expect((await call(createProject, { ...write, cookies: [`${name}=${token}`] })).status).toBe(401);
    Object.assign(getConfig(), { LEGACY_ACCESS_COOKIE: false });
  });

  test('the issuer against a query for each token: keys are kept, unknown ones asked for twice a minute at most', async () => {
    const { sub } = await linked();
    const before = keyRequests;
    for (let count = 0; count < 10; count++) {
      expect((await call(getCurrentUser, { token: await sign({ sub }) })).status).toBe(200);
      expect(
        (await call(getCurrentUser, { token: await sign({ sub }, { kid: `made-up-${count}` }) })).status,
      ).toBe(401);
    }
    expect(keyRequests - before).toBeLessThanOrEqual(1);
  });

  test('its callers against an issuer that hangs or is down: 503, and no hanging', async () => {
    for (const iss of ['https://hangs.example.com/', 'https://down.example.com/']) {
      const startedAt = performance.now();
      const { status, body } = await call(getCurrentUser, { token: await sign({ iss }) });
      expect([status, body.code], iss).toEqual([503, 'unavailable']);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
    expect(takeErrorLogs()).toHaveLength(2);
  });
});
