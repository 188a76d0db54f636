import { measurementIndexKey } from '#lib/observability/record-measurement.ts';
import { defineScript, runScript } from '#lib/redis/run-script.ts';

/** A hash of measurements that no instance writes any more; its id stays the same however often it is read. */
export interface ClaimedHash {
  readonly id: string;
  readonly fields: ReadonlyMap<string, string>;
}

const claimIndexKey = 'measure:claimed';
const claimKeyOf = (name: string) => `claimed:${name}`;

// How long PostgreSQL may be away before measurements are lost; shorter than ids of folds are kept.
const claimLivesMs = 24 * 60 * 60 * 1000;

const listScript = defineScript(`
return { redis.call('HKEYS', KEYS[1]), redis.call('HKEYS', KEYS[2]) }
`);

const claimScript = defineScript(`
local index, claims, name, claim = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id = redis.call('HGET', claims, name)
if not id then
  redis.call('HDEL', index, name)
  if redis.call('EXISTS', name) == 0 then return {} end
  id = ARGV[1]
  redis.call('RENAME', name, claim)
  redis.call('PEXPIRE', claim, ARGV[2])
  redis.call('HSET', claims, name, id)
  redis.call('PEXPIRE', claims, ARGV[2])
end
return { id, redis.call('HGETALL', claim) }
`);

const releaseScript = defineScript(`
local claims, name, claim = KEYS[1], KEYS[2], KEYS[3]
if redis.call('HGET', claims, name) ~= ARGV[1] then return 0 end
redis.call('DEL', claim)
redis.call('HDEL', claims, name)
return 1
`);

/** Names of the hashes to fold: first those that an earlier run claimed and did not finish, then those with new measurements. */
export async function listMeasurements(): Promise<string[]> {
  const [fresh, claimed] = await runScript<[string[], string[]]>(
    listScript,
    [measurementIndexKey, claimIndexKey],
    [],
  );
  return [...claimed, ...fresh];
}

/**
 * Moves a hash out of the way of its writers, under `id` unless it was claimed before; undefined when it has expired. What instances
 * measure for the same minute from now on is a new hash.
 */
export async function claimMeasurements(name: string, id: string): Promise<ClaimedHash | undefined> {
  const keys = [measurementIndexKey, claimIndexKey, name, claimKeyOf(name)];
  const [claimId, flat = []] = await runScript<[] | [string, string[]]>(claimScript, keys, [
    id,
    String(claimLivesMs),
  ]);
  if (claimId === undefined) return undefined;
  const fields = new Map<string, string>();
  for (let at = 0; at < flat.length; at += 2) fields.set(String(flat[at]), String(flat[at + 1]));
  return { id: claimId, fields };
}

/** Forgets a claimed hash, once it is in PostgreSQL. */
export async function releaseMeasurements(name: string, id: string): Promise<void> {
  await runScript(releaseScript, [claimIndexKey, name, claimKeyOf(name)], [id]);
}
