import type { UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { revokeSession } from './revoke-session.ts';

/** Ends the session of this very request. */
export async function logout(ctx: Context<UserActor>): Promise<void> {
  if (ctx.actor.session) await revokeSession(ctx, ctx.actor.session.id);
}
