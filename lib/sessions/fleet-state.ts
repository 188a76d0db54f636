import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { defineScript, isUnanswered, runScript } from '#lib/redis/run-script.ts';
import { idleSeconds } from './lifetime.ts';

/** What every instance sees of a session: the generation its tokens must have; 0 when it has ended. ADR 0013. */
export interface FleetState {
  readonly id: string;
  readonly generation: number;
}

const setScript = defineScript(`
for index, key in ipairs(KEYS) do
  local generation = ARGV[index + 2]
  redis.call('SET', key, generation, 'PX', generation == '0' and ARGV[2] or ARGV[1])
end
return #KEYS
`);

const existsScript = defineScript("return tonumber(redis.call('GET', KEYS[1]) or '0') > 0 and 1 or 0");

// Ends with the last token that was issued before; the second half covers clocks that differ.
const endedMs = () => getConfig().ACCESS_TOKEN_TTL_SECONDS * 2 * 1000;
// Keeps a call within its budget.
const toldAtOnce = 500;
// A gate call carries a few; the sessions behind them ask PostgreSQL until their turn comes.
const rememberedAtMost = 20;

const remembered = new Map<string, number>();

export function sessionKey(id: string): string {
  return `session:${id}`;
}

/**
 * Tells every instance at once, before the transaction of the change commits; throws `unavailable` when Redis does not take it, and
 * nothing has changed. Should the commit fail instead, PostgreSQL is asked about such a session and knows better.
 */
export async function tellFleet(states: readonly FleetState[]): Promise<void> {
  for (let from = 0; from < states.length; from += toldAtOnce)
    await tell(states.slice(from, from + toldAtOnce));
}

async function tell(states: readonly FleetState[]): Promise<void> {
  try {
    await runScript(
      setScript,
      states.map(({ id }) => sessionKey(id)),
      [String(idleSeconds * 1000), String(endedMs()), ...states.map(({ generation }) => String(generation))],
    );
  } catch (error) {
    if (isUnanswered(error))
      throw new AppError('unavailable', 'Redis does not take the change of a session', { cause: error });
    throw error;
  }
}

/** Has the next gate call of this instance store a generation that was read from PostgreSQL, unless Redis knows better by then. */
export function rememberSession({ id, generation }: FleetState): void {
  if (remembered.size < rememberedAtMost) remembered.set(id, generation);
}

/** The sessions to remember, which are then forgotten here. */
export function takeRemembered(): FleetState[] {
  if (remembered.size === 0) return [];
  const states = [...remembered].map(([id, generation]) => ({ id, generation }));
  remembered.clear();
  return states;
}

/** True when Redis holds the session, so that it was used in the last 30 minutes. Without Redis nobody can say so: false. */
export async function isRemembered(id: string): Promise<boolean> {
  try {
    return (await runScript<number>(existsScript, [sessionKey(id)], [])) === 1;
  } catch (error) {
    if (isUnanswered(error)) return false;
    throw error;
  }
}
