import { getConfig } from '#lib/config/get-config.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { defineScript, isUnanswered, runScript } from '#lib/redis/run-script.ts';
import { idleSeconds } from './lifetime.ts';

/** What every instance sees of a session: the generation its tokens must have; 0 when it has ended. ADR 0013. */
export interface FleetState {
  readonly id: string;
  readonly generation: number;
}

/**
 * Stores generations: ARGV is ms a session lives on after a use, ms an ended one is known, 1 if those that live are in use, and a
 * generation each. One that is not in use gets no more time; if Redis had not seen it, its negative generation, which confirms nothing
 * and keeps memories of earlier ones out.
 */
export const setScript = defineScript(`
for index, key in ipairs(KEYS) do
  local generation, livesMs = ARGV[index + 3], ARGV[1]
  if generation == '0' then
    livesMs = ARGV[2]
  elseif ARGV[3] ~= '1' then
    local leftMs = tonumber(redis.call('GET', key) or '0') > 0 and redis.call('PTTL', key) or 0
    if leftMs > 0 then livesMs = leftMs else generation = '-' .. generation end
  end
  redis.call('SET', key, generation, 'PX', livesMs)
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
// A session known from one memory outlives every other memory of it, so that none comes after the change of a generation.
const rememberedForMs = (idleSeconds * 1000) / 3;

const remembered = new Map<string, { readonly generation: number; readonly usedAtMs: number }>();

export function sessionKey(id: string): string {
  return `session:${id}`;
}

/**
 * Tells every instance at once, before the transaction of the change commits; throws `unavailable` when Redis does not take it, and
 * nothing has changed. Should the commit fail instead, PostgreSQL is asked about such a session and knows better. Sessions that are not
 * `areInUse` do not live longer by it.
 */
export async function tellFleet(states: readonly FleetState[], areInUse = true): Promise<void> {
  for (let from = 0; from < states.length; from += toldAtOnce)
    await tell(states.slice(from, from + toldAtOnce), areInUse);
}

async function tell(states: readonly FleetState[], areInUse: boolean): Promise<void> {
  try {
    await runScript(
      setScript,
      states.map(({ id }) => sessionKey(id)),
      [idleSeconds * 1000, endedMs(), areInUse ? 1 : 0, ...states.map(({ generation }) => generation)].map(
        String,
      ),
    );
  } catch (error) {
    if (isUnanswered(error))
      throw new AppError('unavailable', 'Redis does not take the change of a session', { cause: error });
    throw error;
  }
}

/** Has the next gate call of this instance store a generation that was read from PostgreSQL, unless Redis knows better by then. */
export function rememberSession({ id, generation }: FleetState, now: Date): void {
  if (remembered.size < rememberedAtMost) remembered.set(id, { generation, usedAtMs: now.getTime() });
}

/** The sessions to remember, with the ms they live on since that use; they are then forgotten here. */
export function takeRemembered(now: Date): (FleetState & { readonly livesMs: number })[] {
  if (remembered.size === 0) return [];
  const nowMs = now.getTime();
  const states = [...remembered]
    .filter(([, { usedAtMs }]) => nowMs - usedAtMs < rememberedForMs)
    .map(([id, { generation, usedAtMs }]) => ({
      id,
      generation,
      livesMs: idleSeconds * 1000 - (nowMs - usedAtMs),
    }));
  remembered.clear();
  return states;
}

/** True when Redis has seen the session used in the last 30 minutes. Without Redis nobody can say so: false. */
export async function isRemembered(id: string): Promise<boolean> {
  try {
    return (await runScript<number>(existsScript, [sessionKey(id)], [])) === 1;
  } catch (error) {
    if (isUnanswered(error)) return false;
    throw error;
  }
}
