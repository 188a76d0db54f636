import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key.ts';
import { type ApiKeyCredential, parseKey } from '#lib/api-keys/key-format.ts';
import type { Actor } from '#lib/auth/actor.ts';
import { findExternalActor } from '#lib/auth/find-external-actor.ts';
import { needsKeys, verifyAccessToken } from '#lib/auth/verify-access-token.ts';
import { findIssuerOf, verifyExternalToken } from '#lib/auth/verify-external-token.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { cookieName } from '#lib/sessions/session-cookies.ts';
import type { HttpRequest } from './http-request.ts';
import type { Middleware } from './middleware.ts';

/**
 * Finds out who calls. A bad credential is not refused here but by `authorize`, behind the gate: guesses must count against the
 * limit. Of several credentials the first counts, and a bad one is never made up for by the next: the Authorization header,
 * X-API-Key, the cookie `auth_token`, the legacy cookie `access_token`. Of an API key only the form is looked at here.
 */
export function identify(): Middleware {
  return {
    async before({ event: request, internal }) {
      const state = internal as AuthenticationState;
      try {
        const credential = readCredential(request);
        if (!credential) return;
        if ('apiKey' in credential) return identifyByKey(request, state, credential.apiKey);
        state.viaCookie = credential.viaCookie;
        await identifyByToken(request, state, credential);
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
  { token, viaCookie }: { token: string; viaCookie: boolean },
): Promise<void> {
  // Not in a cookie: without a session of ours there is no anti-forgery token, and any site could make a browser send it.
  const issuer = viaCookie ? undefined : findIssuerOf(token);
  if (issuer !== undefined) {
    const subject = await verifyExternalToken(token, issuer, request.now);
    request.principal = `external:${JSON.stringify([issuer, subject.subject])}`;
    state.findActor = () => findExternalActor(subject);
    return;
  }
  // Rarely, as on a cold instance: behind the gate, which has answers when the database has none. The request counts for its address,
  // and PostgreSQL is asked for the session.
  if (needsKeys(token, request.now)) {
    state.findActor = () => verifyAccessToken(token, request.now);
    return;
  }
  request.actor = await verifyAccessToken(token, request.now);
  request.principal = `user:${request.actor.userId}`;
}

function identifyByKey(request: HttpRequest, state: AuthenticationState, apiKey: ApiKeyCredential): void {
  // With a part of the hash, so that guesses at the secret use up no budget but their own.
  request.principal = `key:${apiKey.id}.${apiKey.secretHash.slice(0, 8)}`;
  state.isUnverified = true;
  state.findActor = () => authenticateApiKey(apiKey, request.now);
}

/** What `identify` and `gate` leave for `authorize`. */
export interface AuthenticationState {
  viaCookie?: boolean;
  refusal?: AppError;
  /** The principal is what the caller claims to be: requests count for the address as well. */
  isUnverified?: boolean;
  /** Asks the database who calls, once the gate has let the request pass. */
  findActor?: () => Promise<Actor>;
  /** The generation of the actor's session; -1 when Redis does not know it, undefined when Redis is away. */
  generation?: number | undefined;
}

function readCredential({ headers, cookies }: HttpRequest) {
  const { authorization, 'x-api-key': key } = headers;
  if (authorization !== undefined) {
    // Of two headers API Gateway makes one with a comma, which no token has.
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(authorization)?.[1];
    if (token === undefined)
      throw new AppError('unauthenticated', 'The Authorization header must be `Bearer` and one access token');
    return { token, viaCookie: false };
  }
  if (key !== undefined) {
    const apiKey = parseKey(key);
    if (!apiKey) throw new AppError('unauthenticated', 'X-API-Key must be one API key; this one has a typo');
    return { apiKey };
  }
  const token = cookies[cookieName('auth_token')];
  if (token) return { token, viaCookie: true };
  const legacy = getConfig().LEGACY_ACCESS_COOKIE ? cookies.access_token : undefined;
  return legacy ? { token: legacy, viaCookie: true } : undefined;
}
