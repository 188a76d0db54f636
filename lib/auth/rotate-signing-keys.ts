import { and, eq, lt, sql } from 'drizzle-orm';
import type { Actor, SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { type signingKeyStates, signingKeys } from '#lib/db/schema/signing-keys.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { createSigningKey } from './create-signing-key.ts';

type State = (typeof signingKeyStates)[number];

const daySeconds = 86_400;
export const rotationSeconds = 30 * daySeconds;
// Longer than every copy lives: five minutes in an instance and five with who reads the JWKS.
const pendingSeconds = 3_600;
// Longer than a token signed at the last moment lives: fifteen minutes, by an instance that learns of it in five.
const retiringSeconds = 3_600;

/**
 * Moves each signing key on when its time in a state is over: pending, current for 30 days, retiring, revoked. No token that was
 * good becomes bad by it.
 */
export function rotateSigningKeys(ctx: Context<SystemActor>): Promise<{ moved: number }> {
  return withTransaction(ctx, async (tx) => {
    await lockKeys(tx);
    const revoked = await move(tx, ctx, 'retiring', 'revoked', retiringSeconds);
    const [ready] = await tx
      .select({ kid: signingKeys.kid })
      .from(signingKeys)
      .where(isSince(ctx.now, 'pending', pendingSeconds));
    const retired = ready ? await move(tx, ctx, 'current', 'retiring', 0) : 0;
    const promoted = ready ? await move(tx, ctx, 'pending', 'current', pendingSeconds) : 0;
    const [aging] = await tx
      .select({ kid: signingKeys.kid })
      .from(signingKeys)
      .where(isSince(ctx.now, 'current', rotationSeconds));
    const announced = aging ? await announceNext(tx, ctx) : 0;
    return { moved: revoked + retired + promoted + announced };
  });
}

/** Publishes the next key, unless one is pending; it takes over an hour later. */
export async function announceNext(tx: Transaction, ctx: Context<Actor | SystemActor>): Promise<number> {
  const pending = await tx.$count(signingKeys, eq(signingKeys.state, 'pending'));
  if (pending > 0) return 0;
  await createSigningKey(tx, 'pending', ctx.now);
  return 1;
}

/** Lets one at a time change the states of keys. */
export async function lockKeys(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('signing keys', 0))`);
}

/** Moves the keys that have been in a state for some time to another one; a revoked key loses its private half. */
export async function move(
  tx: Transaction,
  { now }: Context<Actor | SystemActor>,
  from: State,
  to: State,
  seconds: number,
): Promise<number> {
  const moved = await tx
    .update(signingKeys)
    .set({
      state: to,
      stateSince: now.toISOString(),
      ...(to === 'revoked' && { sealedPrivateJwk: null }),
    })
    .where(isSince(now, from, seconds))
    .returning({ kid: signingKeys.kid });
  return moved.length;
}

function isSince(now: Date, state: State, seconds: number) {
  // Whatever the clock of the instance that made the key says.
  if (seconds === 0) return eq(signingKeys.state, state);
  const before = new Date(now.getTime() - seconds * 1000 + 1).toISOString();
  return and(eq(signingKeys.state, state), lt(signingKeys.stateSince, before));
}
