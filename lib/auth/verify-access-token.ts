import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { UserActor } from './actor.ts';
import { findVerifier, isVerifierAtHand, tokenAlgorithm } from './key-ring.ts';
import { type Role, roles } from './permissions.ts';

const AccessClaims = z.object({
  sub: z.uuid(),
  org: z.uuid(),
  sid: z.uuid(),
  gen: z.int().min(1),
  auth_time: z.int(),
  roles: z.array(z.enum(roles as [Role, ...Role[]])).min(1),
});

interface VerifiedToken {
  readonly actor: UserActor;
  readonly kid: string;
  readonly expiresAtMs: number;
}

// A client sends one token for a quarter of an hour, and verifying it costs more than the rest of the pipeline.
const verified = new Map<string, VerifiedToken>();
const rememberedAtMost = 1_000;
// Instances tell the time within milliseconds of each other; local ones perhaps not.
const clockSkewSeconds = 30;

/**
 * The actor of a valid access token; throws `unauthenticated` with the reason. Whether its session lives on is not asked here. A
 * token that was verified is known by its text until it expires or its key is revoked.
 */
export async function verifyAccessToken(token: string, now: Date): Promise<UserActor> {
  const known = verified.get(token);
  if (known && known.expiresAtMs > now.getTime() && (await findVerifier(known.kid, now))) return known.actor;
  const { payload, kid } = await verifySignature(token, now);
  // Nobody but us issues them, and not in advance; it comes before the memory, which would keep it until its time has come.
  if (Number(payload.iat) > now.getTime() / 1000 + clockSkewSeconds)
    throw new AppError('unauthenticated', 'The access token was issued in the future');
  const actor = toActor(payload);
  if (verified.size >= rememberedAtMost) verified.clear();
  verified.set(token, { actor, kid, expiresAtMs: Number(payload.exp) * 1000 });
  return actor;
}

/** True when the key that a token names has to be asked for first; what it says is not verified. */
export function needsKeys(token: string, now: Date): boolean {
  const kid = verified.get(token)?.kid ?? readKid(token);
  return kid !== undefined && !isVerifierAtHand(kid, now);
}

function readKid(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid;
  } catch (error) {
    // Verification says so, without asking for a key.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function toActor(payload: JWTPayload): UserActor {
  const claims = AccessClaims.safeParse(payload);
  if (!claims.success) throw new AppError('unauthenticated', 'The access token lacks required claims');
  const { sub, org, sid, gen, auth_time: authenticatedAtSeconds, roles } = claims.data;
  const session = { id: sid, generation: gen, authenticatedAtSeconds };
  return { type: 'user', userId: sub, organizationId: org, roles, session };
}

async function verifySignature(token: string, now: Date): Promise<{ payload: JWTPayload; kid: string }> {
  const config = getConfig();
  try {
    const { payload, protectedHeader } = await jwtVerify(token, ({ kid }) => requireVerifier(kid, now), {
      algorithms: [tokenAlgorithm],
      typ: 'at+jwt',
      issuer: config.PUBLIC_URL,
      audience: config.AUTH_AUDIENCE,
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
      currentDate: now,
    });
    return { payload, kid: protectedHeader.kid ?? '' };
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
