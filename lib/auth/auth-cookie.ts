import { getConfig } from '#lib/config/get-config.ts';
import type { AccessToken } from './schemas.ts';

/** On https the `__Host-` prefix makes browsers insist on Secure, the whole path and this very host (RFC 6265bis). */
export function authCookieName(): string {
  return isHttps() ? '__Host-auth_token' : 'auth_token';
}

/** The Set-Cookie value that carries an access token; scripts cannot read it and other sites cannot send it. */
export function authCookie({ accessToken, expiresIn }: AccessToken): string {
  const secure = isHttps() ? '; Secure' : '';
  return `${authCookieName()}=${accessToken}; Path=/; Max-Age=${expiresIn}; HttpOnly; SameSite=Lax${secure}`;
}

function isHttps(): boolean {
  return getConfig().PUBLIC_URL.startsWith('https://');
}
