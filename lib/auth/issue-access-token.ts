import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { getConfig } from '#lib/config/get-config.ts';
import type { ActorSession, UserActor } from './actor.ts';
import { getSigner, tokenAlgorithm } from './key-ring.ts';

/**
 * Signs an access token (RFC 9068, `typ: at+jwt`) that carries ids and roles, and no personal data. It ends with the
 * session, or after ACCESS_TOKEN_TTL_SECONDS.
 */
export async function issueAccessToken(
  actor: UserActor & { session: ActorSession },
  now: Date,
  sessionExpiresAt: Date,
): Promise<{ accessToken: string; expiresIn: number }> {
  const config = getConfig();
  const { kid, privateKey } = await getSigner(now);
  const issuedAt = Math.floor(now.getTime() / 1000);
  const sessionSeconds = Math.floor(sessionExpiresAt.getTime() / 1000) - issuedAt;
  const expiresIn = Math.min(config.ACCESS_TOKEN_TTL_SECONDS, sessionSeconds);
  const accessToken = await new SignJWT({
    org: actor.organizationId,
    roles: actor.roles,
    sid: actor.session.id,
    gen: actor.session.generation,
    auth_time: actor.session.authenticatedAtSeconds,
  })
    .setProtectedHeader({ alg: tokenAlgorithm, typ: 'at+jwt', kid })
    .setIssuer(config.PUBLIC_URL)
    .setAudience(config.AUTH_AUDIENCE)
    .setSubject(actor.userId)
    .setJti(uuidv7())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresIn)
    .sign(privateKey);
  return { accessToken, expiresIn };
}
