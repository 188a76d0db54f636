import { errors, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { Actor } from './actor.ts';
import { type Role, rolePermissions } from './permissions.ts';
import { getSigningKey, tokenAlgorithm } from './signing-key.ts';

const AccessClaims = z.object({
  sub: z.uuid(),
  org: z.uuid(),
  sid: z.uuid(),
  roles: z.array(z.enum(Object.keys(rolePermissions) as [Role, ...Role[]])).min(1),
});

/** The actor of a valid access token, checked without I/O; throws `unauthenticated` with the reason. */
export async function verifyAccessToken(token: string, now: Date): Promise<Actor> {
  const claims = AccessClaims.safeParse(await verifySignature(token, now));
  if (!claims.success) throw new AppError('unauthenticated', 'The access token lacks required claims');
  const { sub, org, sid, roles } = claims.data;
  return { type: 'user', userId: sub, organizationId: org, sessionId: sid, roles };
}

async function verifySignature(token: string, now: Date): Promise<JWTPayload> {
  const config = getConfig();
  const key = getSigningKey();
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key.publicKey, {
      algorithms: [tokenAlgorithm],
      typ: 'at+jwt',
      issuer: config.PUBLIC_URL,
      audience: config.AUTH_AUDIENCE,
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
      currentDate: now,
    });
    if (protectedHeader.kid === key.kid) return payload;
    throw new AppError('unauthenticated', 'The access token is signed by an unknown key');
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new AppError('unauthenticated', 'The access token has expired');
    if (error instanceof errors.JOSEError)
      throw new AppError('unauthenticated', 'The access token is not valid');
    throw error;
  }
}
