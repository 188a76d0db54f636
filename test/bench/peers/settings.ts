/** What every peer is given, from the environment as on Lambda. */
export const settings = {
  databaseUrl: process.env.DATABASE_URL ?? 'postgres://localhost/peers',
  databasePoolMax: Number(process.env.DATABASE_POOL_MAX ?? 2),
  redisUrl: process.env.REDIS_URL ?? 'redis://localhost',
  redisRestUrl: process.env.UPSTASH_REDIS_REST_URL ?? 'http://localhost',
  redisRestToken: process.env.UPSTASH_REDIS_REST_TOKEN ?? 'not configured',
  /** PEM of the public key. */
  jwtKey: process.env.JWT_KEY?.replaceAll('\\n', '\n') ?? 'not configured',
  jwtAlgorithm: (process.env.JWT_ALGORITHM ?? 'EdDSA') as 'EdDSA' | 'ES256',
  issuer: process.env.JWT_ISSUER ?? 'http://localhost:3000',
  audience: process.env.JWT_AUDIENCE ?? 'plinth',
};

/** Requests a minute and user, as in lib/http/rate-limits.ts. */
export const limits = { read: 600, write: 120, windowMs: 60_000 };

/** What the access tokens say, as lib/auth/issue-access-token.ts writes them. */
export interface Claims {
  readonly sub: string;
  readonly org: string;
  readonly roles: readonly string[];
}

const canRead = ['owner', 'admin', 'editor', 'viewer'];
const canWrite = ['owner', 'admin', 'editor'];

/** As in lib/auth/permissions.ts. */
export function isAllowed(claims: Claims, method: string): boolean {
  const allowed = method === 'GET' ? canRead : canWrite;
  return claims.roles.some((role) => allowed.includes(role));
}
