import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { getSigner } from '#lib/auth/key-ring.ts';
import { verifyAccessToken } from '#lib/auth/verify-access-token.ts';
import { createMember } from '#test/support/tenant.ts';

const now = new Date('2026-11-21T09:00:00Z');
const seconds = Math.floor(now.getTime() / 1000);
const id = '01980000-0000-7000-8000-000000000001';

const signer = await getSigner(now);

const validHeader = () => ({ alg: 'EdDSA', typ: 'at+jwt', kid: signer.kid });
const validClaims = () => ({
  iss: 'http://localhost:3000',
  aud: 'plinth',
  sub: id,
  org: id,
  sid: id,
  jti: id,
  gen: 1,
  auth_time: seconds,
  roles: ['owner'],
  iat: seconds,
  exp: seconds + 900,
});

function sign(header: object = {}, claims: object = {}, key = signer.privateKey) {
  return new SignJWT({ ...validClaims(), ...claims })
    .setProtectedHeader({ ...validHeader(), ...header } as never)
    .sign(key);
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('accepts a token of its own', async () => {
  expect(await verifyAccessToken(await sign(), now)).toMatchObject({
    userId: id,
    organizationId: id,
    roles: ['owner'],
  });
  const { token, actor } = await createMember('editor');
  expect(await verifyAccessToken(token, new Date())).toEqual(actor);
});

test('a token that was accepted is refused from its expiry on, and with one letter changed', async () => {
  const token = await sign();
  for (let count = 0; count < 2; count++) await verifyAccessToken(token, now);
  const refused = expect.objectContaining({ code: 'unauthenticated' });
  await expect(verifyAccessToken(token, new Date(now.getTime() + 900_000))).rejects.toEqual(refused);
  await expect(verifyAccessToken(`${token.slice(0, -4)}AAAA`, now)).rejects.toEqual(refused);
});

const forgeries: Record<string, () => Promise<string> | string> = {
  'no signature (alg none)': () => `${encode({ ...validHeader(), alg: 'none' })}.${encode(validClaims())}.`,
  'HS256 with the public key as secret': () => {
    const input = `${encode({ ...validHeader(), alg: 'HS256' })}.${encode(validClaims())}`;
    const pem = createPublicKey(signer.privateKey).export({ type: 'spki', format: 'pem' });
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
  },
  'another key': () => sign({}, {}, generateKeyPairSync('ed25519').privateKey),
  'an unknown kid': () => sign({ kid: 'other' }),
  'no kid': () => sign({ kid: undefined }),
  'another type of token': () => sign({ typ: 'JWT' }),
  'another issuer': () => sign({}, { iss: 'https://evil.example' }),
  'another audience': () => sign({}, { aud: 'other' }),
  'an expiry in the past': () => sign({}, { exp: seconds - 1 }),
  'no expiry': () => sign({}, { exp: undefined }),
  'no subject': () => sign({}, { sub: undefined }),
  'no session': () => sign({}, { sid: undefined }),
  'no generation': () => sign({}, { gen: undefined }),
  'a role that does not exist': () => sign({}, { roles: ['root'] }),
  'no role': () => sign({}, { roles: [] }),
  'no JWT at all': () => 'a.b.c',
  '100 KB of text': () => 'x'.repeat(100_000),
};

test.each(Object.entries(forgeries))('refuses a token with %s', async (_, forge) => {
  await expect(verifyAccessToken(await forge(), now)).rejects.toMatchObject({ code: 'unauthenticated' });
});
