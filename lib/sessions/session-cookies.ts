import { getConfig } from '#lib/config/get-config.ts';
import type { SessionTokens } from './schemas.ts';

type CookieName = 'auth_token' | 'refresh_token' | 'csrf_token';

// Only the routes below it get the refresh token; SameSite=Strict because no link has to bring it along.
const refreshPath = '/api/v1/auth';

/** On https the prefix makes browsers insist on Secure and this very host (RFC 6265bis, 4.1.3); `__Host-` also on the whole path. */
export function cookieName(name: CookieName): string {
  if (!isHttps()) return name;
  return name === 'refresh_token' ? `__Secure-${name}` : `__Host-${name}`;
}

/** The Set-Cookie values that log a browser in: scripts can read the anti-forgery token only. */
export function sessionCookies(tokens: SessionTokens): string[] {
  return [
    cookie('auth_token', tokens.accessToken, tokens.expiresIn),
    cookie('refresh_token', tokens.refreshToken, tokens.refreshExpiresIn),
    cookie('csrf_token', tokens.csrfToken, tokens.refreshExpiresIn),
  ];
}

/** The Set-Cookie values that take them away. */
export function clearedCookies(): string[] {
  return [cookie('auth_token', '', 0), cookie('refresh_token', '', 0), cookie('csrf_token', '', 0)];
}

function cookie(name: CookieName, value: string, maxAgeSeconds: number): string {
  const path = name === 'refresh_token' ? refreshPath : '/';
  const attributes = {
    auth_token: '; HttpOnly; SameSite=Lax',
    refresh_token: '; HttpOnly; SameSite=Strict',
    csrf_token: '; SameSite=Strict',
  }[name];
  const secure = isHttps() ? '; Secure' : '';
  return `${cookieName(name)}=${value}; Path=${path}; Max-Age=${maxAgeSeconds}${attributes}${secure}`;
}

function isHttps(): boolean {
  return getConfig().PUBLIC_URL.startsWith('https://');
}
