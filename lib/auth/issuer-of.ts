import { decodeJwt, errors } from 'jose';

/** The issuer that a token claims, to know whose keys can verify it; undefined for what is no token. */
export function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return undefined;
    throw error;
  }
}
