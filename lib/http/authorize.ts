import { hasPermission, type Permission } from '#lib/auth/permissions.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { HttpRequest } from './http-request.ts';
import type { AuthenticationState } from './identify.ts';
import type { Middleware } from './middleware.ts';

/** Who may call: anyone, anyone who is logged in, or who has the permission. */
export type Access = 'public' | 'authenticated' | { readonly permission: Permission };

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses who may not call: `unauthenticated`, `csrf_failed` or `forbidden`. */
export function authorize(access: Exclude<Access, 'public'>): Middleware {
  return {
    before({ event: request, internal }) {
      const { refusal, viaCookie } = internal as AuthenticationState;
      if (refusal) throw refusal;
      if (!request.actor)
        throw new AppError('unauthenticated', 'Send an access token as Authorization: Bearer');
      if (viaCookie && !safeMethods.has(request.method)) assertSameSite(request);
      if (access !== 'authenticated' && !hasPermission(request.actor.roles, access.permission))
        throw new AppError('forbidden', `This needs the permission ${access.permission}`);
    },
  };
}

/** A browser attaches cookies to requests that other sites make: only the browser's own word tells them apart. */
function assertSameSite(request: HttpRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return;
  const { ALLOWED_ORIGINS, PUBLIC_URL } = getConfig();
  const origin = request.headers.origin;
  if (origin && (origin === new URL(PUBLIC_URL).origin || ALLOWED_ORIGINS.includes(origin))) return;
  throw new AppError(
    'csrf_failed',
    'A cookie-authenticated write must come from this site or an allowed origin',
  );
}
