import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import * as z from 'zod';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import { tokenIssuer } from '#lib/outbound/upstreams.ts';
import { issuerOf } from './issuer-of.ts';

/** Somebody whom another issuer vouches for. */
export interface ExternalSubject {
  readonly issuer: string;
  readonly subject: string;
}

// Asymmetric ones only: a shared secret would let everybody who can verify a token make one.
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
// Auth0 and Keycloak name the audience in `aud`; access tokens of Cognito have only a `client_id`. The ID tokens of all three
// have the client as audience: they say who somebody is, not what a program may do, and are refused.
const Claims = z
  .object({
    sub: z.string().min(1).max(255),
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    client_id: z.string().optional(),
    token_use: z.literal('access').optional(),
    typ: z.string().optional(),
  })
  .refine(({ typ }) => typ !== 'ID' && typ !== 'Refresh');

const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/** The trusted issuer that a token claims to be from, if any; most stages trust none, and need not look into each token. */
export function findIssuerOf(token: string): string | undefined {
  if (getConfig().AUTH_EXTERNAL_ISSUERS.length === 0) return undefined;
  return findIssuer(issuerOf(token))?.issuer;
}

function findIssuer(issuer: string | undefined) {
  return getConfig().AUTH_EXTERNAL_ISSUERS.find((candidate) => candidate.issuer === issuer);
}

/**
 * The subject of a valid access token of a trusted issuer; throws `unauthenticated`, or `unavailable` when the issuer's keys cannot be
 * had. They are kept for ten minutes, and asked for again at most every thirty seconds for a key that is new.
 */
export async function verifyExternalToken(
  token: string,
  issuer: string,
  now: Date,
): Promise<ExternalSubject> {
  const trusted = findIssuer(issuer);
  if (!trusted) throw new AppError('unauthenticated', 'The issuer of the access token is not trusted here');
  try {
    const { payload } = await jwtVerify(token, keySetOf(trusted), {
      algorithms,
      issuer,
      requiredClaims: ['exp', 'sub'],
      currentDate: now,
    });
    const claims = Claims.safeParse(payload);
    const audiences = claims.data ? [claims.data.aud ?? claims.data.client_id].flat() : [];
    if (!claims.success || !audiences.includes(trusted.audience))
      throw new AppError('unauthenticated', 'The access token is not meant for this service');
    return { issuer, subject: claims.data.sub };
  } catch (error) {
    throw toRefusal(error);
  }
}

function keySetOf({ issuer, jwksUrl }: { issuer: string; jwksUrl: string }) {
  let keySet = keySets.get(jwksUrl);
  if (!keySet) {
    const fetchKeys = async (url: string, { headers }: { headers: Headers }) => {
      const response = await outbound(tokenIssuer(issuer), {
        url,
        headers: Object.fromEntries(headers),
        isIdempotent: true,
      });
      // All that jose reads; the real class would be loaded for this only.
      return { status: response.status, json: async () => response.json() } as Response;
    };
    keySet = createRemoteJWKSet(new URL(jwksUrl), { [customFetch]: fetchKeys });
    keySets.set(jwksUrl, keySet);
  }
  return keySet;
}

function toRefusal(error: unknown): unknown {
  const isUnavailable = error instanceof AppError && error.code === 'unavailable';
  if (isUnavailable || (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC'))
    return new AppError('unavailable', 'The keys of the token issuer cannot be had', {
      ...(isUnavailable && error.options),
      cause: error,
    });
  if (error instanceof errors.JWTExpired)
    return new AppError('unauthenticated', 'The access token has expired');
  if (error instanceof errors.JOSEError)
    return new AppError('unauthenticated', 'The access token is not valid');
  return error;
}
