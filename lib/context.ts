import type { Actor, SystemActor } from './auth/actor.ts';
import type { Transaction } from './db/client.ts';

/** Who asks, on whose behalf, when and for how long: the first argument of every verb. */
export interface Context<A extends Actor | SystemActor | undefined = Actor> {
  readonly actor: A;
  readonly requestId: string;
  /** The instant the request or run began; verbs never read the clock themselves. */
  readonly now: Date;
  /** Aborts shortly before the time limit of the invocation. */
  readonly signal: AbortSignal;
  /** Asked first in every transaction: throws when whoever writes may not any more, as a job whose run was taken over. */
  readonly guard?: (tx: Transaction) => Promise<void>;
  /** The transaction this verb takes part in, when another verb opened one. */
  readonly db?: Transaction;
}
