import type { ActorSession } from '#lib/auth/actor.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { findGeneration } from '#lib/sessions/find-generation.ts';
import { rememberSession } from '#lib/sessions/fleet-state.ts';

const unavailableSeconds = 5;

/**
 * Refuses the token of a session that has ended or whose roles have changed since. Redis may only confirm: whatever else it says or
 * does not know, PostgreSQL decides, and nobody is let in because nobody could be asked. A browser waits until Redis is back
 * (`unavailable`), as only Redis sees it idle.
 */
export async function assertSessionLives(
  session: ActorSession,
  generation: number | undefined,
  viaCookie: boolean,
  now: Date,
): Promise<void> {
  if (generation === session.generation) return;
  if (generation === undefined && viaCookie)
    throw new AppError('unavailable', 'Sessions of browsers cannot be checked', {
      retryAfterSeconds: unavailableSeconds,
    });
  const current = await findGeneration(session.id, now);
  if (current === undefined) throw new AppError('unauthenticated', 'The session has ended: log in again');
  if (current !== session.generation)
    throw new AppError('unauthenticated', 'The access token is out of date: refresh it');
  if (generation !== undefined && generation < 0) rememberSession(session, now);
}
