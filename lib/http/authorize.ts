import type { Actor } from '#lib/auth/actor.ts';
import { isAllowed, type Permission } from '#lib/auth/permissions.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { stepUpSeconds } from '#lib/sessions/lifetime.ts';
import { assertNotForged } from './cross-site.ts';
import type { HttpRequest } from './http-request.ts';
import type { AuthenticationState } from './identify.ts';
import type { Middleware } from './middleware.ts';
import { assertSessionLives } from './session-check.ts';

/**
 * Who may call: anyone; anyone who is known; a person who is logged in; who has the permission. `stepUp` also wants a person who
 * proved who they are in the last ten minutes.
 */
export type Access =
  | 'public'
  | 'authenticated'
  | 'session'
  | { readonly permission: Permission; readonly stepUp?: never }
  | { readonly permission?: Permission; readonly stepUp: true };

/** True when no API key may call, whatever its scopes. */
export function isForPeople(access: Access): boolean {
  return access === 'session' || (typeof access === 'object' && access.stepUp === true);
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses who may not call: `unauthenticated`, `csrf_failed`, `forbidden` or `step_up_required`. */
export function authorize(access: Exclude<Access, 'public'>): Middleware {
  return {
    async before({ event: request, internal }) {
      const { refusal, viaCookie, generation, findActor } = internal as AuthenticationState;
      if (refusal) throw refusal;
      if (findActor) request.actor = await findActor();
      const { actor } = request;
      if (!actor)
        throw new AppError(
          'unauthenticated',
          'Send an access token as Authorization: Bearer, or an API key as X-API-Key',
        );
      await assertCredentialHolds(request, actor, generation, viaCookie === true);
      assertAccess(access, actor, request.now);
    },
  };
}

async function assertCredentialHolds(
  request: HttpRequest,
  actor: Actor,
  generation: number | undefined,
  viaCookie: boolean,
): Promise<void> {
  const session = actor.type === 'user' ? actor.session : undefined;
  if (session) await assertSessionLives(session, generation, viaCookie, request.now);
  if (!viaCookie) return;
  if (!session) throw new AppError('unauthenticated', 'A cookie needs a session of ours');
  if (!safeMethods.has(request.method)) assertNotForged(request, session.id);
}

function assertAccess(access: Exclude<Access, 'public'>, actor: Actor, now: Date): void {
  if (access === 'authenticated') return;
  const { permission, stepUp } = access === 'session' ? {} : access;
  if (isForPeople(access) && (actor.type !== 'user' || !actor.session))
    throw new AppError('forbidden', 'This needs a person who is logged in here');
  if (permission && !isAllowed(actor, permission))
    throw new AppError('forbidden', `This needs the permission ${permission}`);
  const authenticatedAt = actor.type === 'user' ? (actor.session?.authenticatedAtSeconds ?? 0) : 0;
  if (stepUp && now.getTime() / 1000 - authenticatedAt > stepUpSeconds)
    throw new AppError('step_up_required', 'This needs a proof of identity of the last ten minutes');
}
