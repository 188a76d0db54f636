import { isForPeople } from '#lib/http/authorize.ts';
import type { AnyEndpointSpec } from '#lib/http/endpoint-spec.ts';
import type { Json } from './openapi-components.ts';

export const securitySchemes: Json = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An access token (RFC 9068) of a log-in, or of an issuer that is trusted here and whose identity is linked. Of several credentials only this one counts.',
  },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description:
      'For programs: acts for the member who made it, as far as its scopes go. Ignored beside an Authorization header; counts before a cookie.',
  },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'auth_token',
    description:
      'For browsers: set by a log-in, with the name `__Host-auth_token` on https. A write needs `X-CSRF-Token` besides, and has to come from this site or an allowed origin.',
  },
  csrfToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRF-Token',
    description:
      'The value of the cookie `csrf_token` (`__Host-csrf_token` on https), which scripts of this site can read and those of others cannot.',
  },
};

/** The credentials of which one is needed; none for a public operation. */
export function describeSecurity({ access, method }: AnyEndpointSpec): Json[] {
  if (access === 'public') return [];
  const person = [{ bearer: [] }, { cookie: [], ...(method !== 'GET' && { csrfToken: [] }) }];
  return isForPeople(access) ? person : [...person, { apiKey: [] }];
}
