import { defineScript } from '#lib/redis/run-script.ts';
import { breakerStateKeys } from './circuit-breaker-state.ts';

/** All keys of a breaker: open, trips, forced, probe, window. Time passes by their expiry only: no clock is compared with another. */
export function breakerKeys(name: string): string[] {
  return [...breakerStateKeys(name), `breaker:${name}:probe`, `breaker:${name}:window`];
}

const readState = `
local function state()
  return math.max(redis.call('PTTL', KEYS[1]), 0), tonumber(redis.call('GET', KEYS[2]) or '0'),
    tonumber(redis.call('GET', KEYS[3]) or '0')
end
`;

// A breaker that nobody has used for an hour is forgotten, so it is closed. The shortest back-off after a trip is the longest one after
// the trip before.
const trip = `
local function trip(backOff, longest, random, atLeast)
  local trips = redis.call('INCR', KEYS[2])
  local span = math.min(tonumber(longest), tonumber(backOff) * 2 ^ math.min(trips - 1, 20))
  span = math.max(math.floor(span / 2 + span / 2 * tonumber(random) / 1000), tonumber(atLeast))
  redis.call('SET', KEYS[1], '1', 'PX', span)
  redis.call('PEXPIRE', KEYS[2], span + 3600000)
  redis.call('DEL', KEYS[4], KEYS[5])
end
`;

/**
 * Before a call. Arguments: a name for the caller, ms of a probe. Reply: ms it stays open, trips, forced, 1 when this caller is the
 * probe, ms until the probe under way is given up.
 */
export const enterScript = defineScript(`${readState}
local open, trips, forced = state()
local isProbe, wait = 0, 0
if forced == 0 and open == 0 and trips > 0 then
  if redis.call('SET', KEYS[4], ARGV[1], 'NX', 'PX', ARGV[2]) then isProbe = 1 end
  wait = math.max(redis.call('PTTL', KEYS[4]), 0)
end
return { open, trips, forced, isProbe, wait }
`);

/**
 * A failure of a closed breaker, with what this instance has called since its last report. Arguments: instance, calls, ms of the window,
 * calls it takes, share of failures in thousandths, then those of a trip. Reply: the state, and 1 when this report opened it.
 */
export const reportScript = defineScript(`${readState}${trip}
local open, trips, forced = state()
local opened = 0
if trips == 0 then
  local window = KEYS[5]
  local calls = redis.call('HINCRBY', window, 'calls', ARGV[2])
  local failures = redis.call('HINCRBY', window, 'failures', 1)
  if redis.call('PTTL', window) < 0 then redis.call('PEXPIRE', window, ARGV[3]) end
  redis.call('HSET', window, 'by:' .. ARGV[1], '1')
  local instances = redis.call('HLEN', window) - 2
  if instances >= 2 and calls >= tonumber(ARGV[4]) and failures * 1000 >= calls * tonumber(ARGV[5]) then
    trip(ARGV[6], ARGV[7], ARGV[8], ARGV[9])
    opened = 1
    open, trips, forced = state()
  end
end
return { open, trips, forced, opened }
`);

/**
 * How a probe ended, if it is still the caller's. Arguments: its name, 1 healthy, 0 failed, -1 nobody knows; then those of a trip.
 * Reply: the state.
 */
export const settleScript = defineScript(`${readState}${trip}
if redis.call('GET', KEYS[4]) == ARGV[1] then
  if ARGV[2] == '1' then redis.call('DEL', KEYS[1], KEYS[2], KEYS[4], KEYS[5])
  elseif ARGV[2] == '0' then trip(ARGV[3], ARGV[4], ARGV[5], ARGV[6])
  else redis.call('DEL', KEYS[4]) end
end
local open, trips, forced = state()
return { open, trips, forced }
`);
