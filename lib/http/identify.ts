import type { Actor } from '#lib/auth/actor.ts';
import { findExternalActor } from '#lib/auth/find-external-actor.ts';
import { issuerOf } from '#lib/auth/issuer-of.ts';
import { verifyAccessToken } from '#lib/auth/verify-access-token.ts';
import { findIssuer, verifyExternalToken } from '#lib/auth/verify-external-token.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { cookieName } from '#lib/sessions/session-cookies.ts';
import type { HttpRequest } from './http-request.ts';
import type { Middleware } from './middleware.ts';

/**
 * Finds out who calls. A bad credential is not refused here but by `authorize`, behind the gate: guesses must count against the
 * limit. Of several credentials the first counts, and a bad one is never made up for by the next: the Authorization header, the
 * cookie `auth_token`, the legacy cookie `access_token`.
 */
export function identify(): Middleware {
  return {
    async before({ event: request, internal }) {
      const state = internal as AuthenticationState;
      try {
        const credential = readCredential(request);
        if (!credential) return;
        state.viaCookie = credential.viaCookie;
        await identifyByToken(request, state, credential.token);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        state.refusal = error;
      }
    },
  };
}

async function identifyByToken(
  request: HttpRequest,
  state: AuthenticationState,
  token: string,
): Promise<void> {
  const issuer = issuerOf(token);
  if (issuer !== undefined && findIssuer(issuer)) {
    const subject = await verifyExternalToken(token, issuer, request.now);
    request.principal = `external:${JSON.stringify([issuer, subject.subject])}`;
    state.findActor = () => findExternalActor(subject);
    return;
  }
  request.actor = await verifyAccessToken(token, request.now);
  request.principal = `user:${request.actor.userId}`;
}

/** What `identify` and `gate` leave for `authorize`. */
export interface AuthenticationState {
  viaCookie?: boolean;
  refusal?: AppError;
  /** Asks the database who calls, once the gate has let the request pass. */
  findActor?: () => Promise<Actor>;
  /** The generation of the actor's session; -1 when Redis does not know it, undefined when Redis is away. */
  generation?: number | undefined;
}

function readCredential({ headers, cookies }: HttpRequest) {
  const { authorization } = headers;
  if (authorization !== undefined) {
    // Of two headers API Gateway makes one with a comma, which no token has.
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(authorization)?.[1];
    if (token === undefined)
      throw new AppError('unauthenticated', 'The Authorization header must be `Bearer` and one access token');
    return { token, viaCookie: false };
  }
  const token = cookies[cookieName('auth_token')];
  if (token) return { token, viaCookie: true };
  const legacy = getConfig().LEGACY_ACCESS_COOKIE ? cookies.access_token : undefined;
  return legacy ? { token: legacy, viaCookie: true } : undefined;
}
