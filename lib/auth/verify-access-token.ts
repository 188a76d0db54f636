import { errors, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { UserActor } from './actor.ts';
import { findVerifier, tokenAlgorithm } from './key-ring.ts';
import { type Role, roles } from './permissions.ts';

const AccessClaims = z.object({
  sub: z.uuid(),
  org: z.uuid(),
  sid: z.uuid(),
  gen: z.int().min(1),
  auth_time: z.int(),
  roles: z.array(z.enum(roles as [Role, ...Role[]])).min(1),
});

/** The actor of a valid access token; throws `unauthenticated` with the reason. Whether its session lives on is not asked here. */
export async function verifyAccessToken(token: string, now: Date): Promise<UserActor> {
  const claims = AccessClaims.safeParse(await verifySignature(token, now));
  if (!claims.success) throw new AppError('unauthenticated', 'The access token lacks required claims');
  const { sub, org, sid, gen, auth_time: authenticatedAtSeconds, roles } = claims.data;
  const session = { id: sid, generation: gen, authenticatedAtSeconds };
  return { type: 'user', userId: sub, organizationId: org, roles, session };
}

async function verifySignature(token: string, now: Date): Promise<JWTPayload> {
  const config = getConfig();
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => requireVerifier(kid, now), {
      algorithms: [tokenAlgorithm],
      typ: 'at+jwt',
      issuer: config.PUBLIC_URL,
      audience: config.AUTH_AUDIENCE,
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
      currentDate: now,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new AppError('unauthenticated', 'The access token has expired');
    if (error instanceof errors.JOSEError)
      throw new AppError('unauthenticated', 'The access token is not valid');
    throw error;
  }
}

async function requireVerifier(kid: string | undefined, now: Date) {
  const key = kid === undefined ? undefined : await findVerifier(kid, now);
  if (!key) throw new AppError('unauthenticated', 'The access token is signed by an unknown key');
  return key;
}
