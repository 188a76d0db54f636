import { defineScript } from './run-script.ts';

/**
 * KEYS: the counters, the caller's session if there is one, the sessions to remember.
 * ARGV: number of counters, the generation that the caller's session has to have (0: no session), ms a session lives on after a
 * use, the window of each counter in ms, the generation of each session to remember.
 * -> for each counter { requests in the window, ms until it ends }, then the generation of the caller's session (-1: not known).
 * Integers and flat arrays only, so that it runs the same on Upstash, Redis 7 and the local endpoint.
 */
export const gateScript = defineScript(`
local reply = {}
local counters, expected, idle = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local sessions = expected > 0 and 1 or 0
for index = 1, counters do
  local window = ARGV[index + 3]
  local count = redis.call('INCR', KEYS[index])
  local remaining = redis.call('PTTL', KEYS[index])
  if count == 1 or remaining < 0 then
    redis.call('PEXPIRE', KEYS[index], window)
    remaining = tonumber(window)
  end
  reply[#reply + 1] = count
  reply[#reply + 1] = remaining
end
if sessions == 1 then
  local key = KEYS[counters + 1]
  local generation = tonumber(redis.call('GET', key) or '-1')
  if generation == expected then redis.call('PEXPIRE', key, idle) end
  reply[#reply + 1] = generation
end
for index = counters + sessions + 1, #KEYS do
  redis.call('SET', KEYS[index], ARGV[index - sessions + 3], 'PX', idle, 'NX')
end
return reply
`);
