import { getJwks, keyRingTtlSeconds } from '#lib/auth/key-ring.ts';
import { Jwks } from '#lib/auth/schemas.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';

export const handler = definePublicEndpoint(
  {
    id: 'getJwks',
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The keys that verify our access tokens (RFC 7517)',
    rateLimit: 'instance',
    statements: 0,
    response: {
      status: 200,
      schema: Jwks,
      contentType: 'application/jwk-set+json',
      headers: { 'Cache-Control': () => `public, max-age=${keyRingTtlSeconds}` },
    },
  },
  ({ ctx }) => getJwks(ctx.now),
);
