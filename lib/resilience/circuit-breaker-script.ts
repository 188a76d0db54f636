import { defineScript } from '#lib/redis/run-script.ts';
import { failureShare, firstBackOffMs, longestBackOffMs, windowMs } from './circuit-breaker-limits.ts';
import { breakerStateKeys } from './circuit-breaker-state.ts';

/** All keys of a breaker: open, trips, override, probe, window, openings. Time passes by their expiry only: no clock is compared with another. */
export function breakerKeys(name: string): string[] {
  return [...breakerStateKeys(name), `breaker:${name}:probe`, `breaker:${name}:window`, openingsKey(name)];
}

/** How often a breaker has opened of which nobody has taken notice, within a day. */
export function openingsKey(name: string): string {
  return `breaker:${name}:openings`;
}

/**
 * What an instance does with a breaker, named by its first argument; the second says who it is. The reply begins with ms it stays open,
 * trips, override.
 *
 * | it | third argument | also replies |
 * | --- | --- | --- |
 * | enters | ms that a probe may take | 1 when it is the probe, ms until the probe under way is given up |
 * | reports a failure | its calls since its last report | 1 when this opens the breaker |
 * | settles its probe, if it still has it | 1 healthy, 0 failed, -1 nobody knows | |
 *
 * Then: jitter in thousandths, the least ms to stay open, the calls it takes to open. A breaker that nobody used for an hour after its
 * back-off is forgotten, so it is closed. The shortest back-off after a trip is the longest after the trip before.
 */
export const breakerScript = defineScript(`
local action, me, value = ARGV[1], ARGV[2], ARGV[3]
local function number(key) return tonumber(redis.call('GET', key) or '0') end
local function left(key) return math.max(redis.call('PTTL', key), 0) end
local function trip()
  local trips = redis.call('INCR', KEYS[2])
  local span = math.min(${longestBackOffMs}, ${firstBackOffMs} * 2 ^ math.min(trips - 1, 20)) / 2
  span = math.max(math.floor(span + span * ARGV[4] / 1000), tonumber(ARGV[5]))
  redis.call('SET', KEYS[1], '1', 'PX', span)
  redis.call('PEXPIRE', KEYS[2], span + 3600000)
  redis.call('DEL', KEYS[4], KEYS[5])
end

local won, wait = 0, 0
if action == 'enter' then
  if left(KEYS[1]) == 0 and number(KEYS[2]) > 0 and number(KEYS[3]) == 0 then
    if redis.call('SET', KEYS[4], me, 'NX', 'PX', value) then won = 1 end
    wait = left(KEYS[4])
  end
elseif action == 'report' then
  if number(KEYS[2]) == 0 then
    local calls = redis.call('HINCRBY', KEYS[5], 'calls', value)
    local failures = redis.call('HINCRBY', KEYS[5], 'failures', 1)
    redis.call('HSET', KEYS[5], 'by ' .. me, '1')
    if left(KEYS[5]) == 0 then redis.call('PEXPIRE', KEYS[5], ${windowMs}) end
    local isQuorum = redis.call('HLEN', KEYS[5]) - 2 >= 2
    if isQuorum and calls >= tonumber(ARGV[6]) and failures >= calls * ${failureShare} then
      trip()
      redis.call('INCR', KEYS[6])
      redis.call('PEXPIRE', KEYS[6], 86400000)
      won = 1
    end
  end
elseif redis.call('GET', KEYS[4]) == me then
  if value == '0' then trip()
  elseif value == '1' then redis.call('DEL', KEYS[1], KEYS[2], KEYS[4], KEYS[5])
  else redis.call('DEL', KEYS[4]) end
end
return { left(KEYS[1]), number(KEYS[2]), number(KEYS[3]), won, wait }
`);
