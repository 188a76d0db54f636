import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { getConfig } from '#lib/config/get-config.ts';
import type { Actor } from './actor.ts';
import type { AccessToken } from './schemas.ts';
import { getSigningKey, tokenAlgorithm } from './signing-key.ts';

/** Signs an access token (RFC 9068, `typ: at+jwt`) that carries ids and roles, and no personal data. */
export async function issueAccessToken(actor: Actor, now: Date): Promise<AccessToken> {
  const config = getConfig();
  const key = getSigningKey();
  const issuedAt = Math.floor(now.getTime() / 1000);
  const accessToken = await new SignJWT({
    org: actor.organizationId,
    roles: actor.roles,
    sid: actor.sessionId,
  })
    .setProtectedHeader({ alg: tokenAlgorithm, typ: 'at+jwt', kid: key.kid })
    .setIssuer(config.PUBLIC_URL)
    .setAudience(config.AUTH_AUDIENCE)
    .setSubject(actor.userId)
    .setJti(uuidv7())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + config.ACCESS_TOKEN_TTL_SECONDS)
    .sign(key.privateKey);
  return { accessToken, tokenType: 'Bearer', expiresIn: config.ACCESS_TOKEN_TTL_SECONDS };
}
