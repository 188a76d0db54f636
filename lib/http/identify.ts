import { authCookieName } from '#lib/auth/auth-cookie.ts';
import { verifyAccessToken } from '#lib/auth/verify-access-token.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { Middleware } from './middleware.ts';

/**
 * Finds out who calls, without I/O. A bad credential is not refused here but by `authorize`, behind the gate: guesses
 * must count against the limit. A bearer token wins over the cookie.
 */
export function identify(): Middleware {
  return {
    async before({ event: request, internal }) {
      const bearer = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const token = bearer ?? request.cookies[authCookieName()];
      if (!token) return;
      (internal as AuthenticationState).viaCookie = bearer === undefined;
      try {
        request.actor = await verifyAccessToken(token, request.now);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        (internal as AuthenticationState).refusal = error;
      }
    },
  };
}

/** What `identify` leaves for `authorize`. */
export interface AuthenticationState {
  viaCookie?: boolean;
  refusal?: AppError;
}
