import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { getConfig } from '#lib/config/get-config.ts';
import type { ActorSession, UserActor } from './actor.ts';
import { getSigner, tokenAlgorithm } from './key-ring.ts';

const tenMinutes = 600;

/**
 * A token that is good but for what is changed, and every kind of token that must not pass, by what is wrong with it. They are for
 * checking ourselves and must never leave the process.
 */
export async function forgeAccessTokens(actor: UserActor & { session: ActorSession }, now: Date) {
  const { kid, privateKey } = await getSigner(now);
  const seconds = Math.floor(now.getTime() / 1000);
  const header: JWTHeaderParameters = { alg: tokenAlgorithm, typ: 'at+jwt', kid };
  const claims: JWTPayload = {
    iss: getConfig().PUBLIC_URL,
    aud: getConfig().AUTH_AUDIENCE,
    sub: actor.userId,
    org: actor.organizationId,
    roles: actor.roles,
    sid: actor.session.id,
    gen: actor.session.generation,
    auth_time: seconds,
    jti: uuidv7(),
    iat: seconds,
    exp: seconds + tenMinutes,
  };
  const sign = (changed: JWTPayload, headerChange = {}, key = privateKey) =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ ...header, ...headerChange }).sign(key);
  const unsigned = (alg: string) => `${encode({ ...header, alg })}.${encode(claims)}`;
  const good = await sign({});
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  const { sub: _, ...anonymous } = claims;
  return {
    good,
    forged: {
      'alg none': `${unsigned('none')}.`,
      'alg none with a signature': `${unsigned('none')}.${good.split('.')[2]}`,
      'signed with the public key as a shared secret (HS256)': `${unsigned('HS256')}.${createHmac('sha256', publicPem).update(unsigned('HS256')).digest('base64url')}`,
      'another algorithm in the header': `${unsigned('RS256')}.${good.split('.')[2]}`,
      expired: await sign({ iat: seconds - tenMinutes, exp: seconds - 1 }),
      'another audience': await sign({ aud: 'another-audience' }),
      'another issuer': await sign({ iss: 'https://issuer.invalid' }),
      'an unknown key': await sign({}, { kid: 'unknown' }),
      'no key id': await sign({}, { kid: undefined }),
      'signed by a stranger under our key id': await sign({}, {}, generateKeyPairSync('ed25519').privateKey),
      'another type': await sign({}, { typ: 'JWT' }),
      'not valid yet (nbf)': await sign({ nbf: seconds + tenMinutes }),
      'issued in the future (iat)': await sign({ iat: seconds + tenMinutes, exp: seconds + 2 * tenMinutes }),
      'changed after it was signed': changeClaims(good, {
        ...claims,
        roles: ['operator', 'owner'],
        jti: uuidv7(),
      }),
      'no subject': await new SignJWT(anonymous).setProtectedHeader(header).sign(privateKey),
      'a role that does not exist': await sign({ roles: ['root'] }),
      garbage: 'aaaa.bbbb.cccc',
    } satisfies Record<string, string>,
  };
}

function changeClaims(token: string, claims: JWTPayload): string {
  const [header, , signature] = token.split('.');
  return `${header}.${encode(claims)}.${signature}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
