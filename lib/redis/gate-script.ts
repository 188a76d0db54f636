import { defineScript } from './run-script.ts';

/**
 * The one script of the gate: sections that each read their keys and arguments in order and push integers, so that a section is added
 * without counting those before it. Integers and flat arrays only, so that it runs the same on Upstash, Redis 7 and the local endpoint.
 * A measurement that Redis does not take is dropped: it must not keep requests out, with each attempt again. A request that a binding
 * counter refuses is counted nowhere: else retries would use up the longer windows.
 *
 * | section | arguments | keys | reply |
 * | --- | --- | --- | --- |
 * | counters | how many, then for each: 1 if binding, how many windows, and each window's limit and ms | one a window | each window: what is left, -1 when exceeded, and ms until it ends |
 * | session | generation it has to have, ms it lives on after a use; 0: none | one if there is one | generation, negative when Redis has not seen it used |
 * | remembered | how many, then for each: generation and ms it lives | one each | |
 * | breakers | how many | open, trips and override of each | each: ms it stays open, trips, override (1 open, 2 closed) |
 * | increments | how many keys, ms they live, then for each: how many fields, and each field with its increment | one each | |
 */
export const gateScript = defineScript(`
local keysRead, argumentsRead, reply = 0, 0, {}
local function nextKey() keysRead = keysRead + 1 return KEYS[keysRead] end
local function nextArgument() argumentsRead = argumentsRead + 1 return ARGV[argumentsRead] end
local function nextNumber() return tonumber(nextArgument()) end
local function push(value) reply[#reply + 1] = value end

local counters, isRefused = {}, false
for position = 1, nextNumber() do
  local counter = { isBinding = nextNumber() == 1, isFull = false }
  for index = 1, nextNumber() do
    local key, limit, length = nextKey(), nextNumber(), nextNumber()
    local left = limit - tonumber(redis.call('GET', key) or '0')
    if left <= 0 then left = 0 counter.isFull = true end
    counter[index] = { key = key, left = left, length = length }
  end
  if counter.isFull and counter.isBinding then isRefused = true end
  counters[position] = counter
end
for _, counter in ipairs(counters) do
  local counted = (isRefused or counter.isFull) and 0 or 1
  for _, window in ipairs(counter) do
    if counted == 1 then redis.call('INCR', window.key) end
    local remaining = redis.call('PTTL', window.key)
    if remaining < 0 then
      redis.call('PEXPIRE', window.key, window.length)
      remaining = window.length
    end
    push(window.left == 0 and -1 or window.left - counted)
    push(remaining)
  end
end

local expected = nextNumber()
if expected > 0 then
  local key, idle = nextKey(), nextArgument()
  local generation = tonumber(redis.call('GET', key) or '-1')
  if generation == expected then redis.call('PEXPIRE', key, idle) end
  push(generation)
end

for _ = 1, nextNumber() do
  local key, generation, livesMs = nextKey(), nextArgument(), nextArgument()
  local known = redis.call('GET', key)
  if not known or known == '-' .. generation then redis.call('SET', key, generation, 'PX', livesMs) end
end

for _ = 1, nextNumber() do
  push(math.max(redis.call('PTTL', nextKey()), 0))
  push(tonumber(redis.call('GET', nextKey()) or '0'))
  push(tonumber(redis.call('GET', nextKey()) or '0'))
end

local hashes = nextNumber()
if hashes > 0 then
  local lifetime = nextArgument()
  for _ = 1, hashes do
    local key = nextKey()
    for _ = 1, nextNumber() do redis.pcall('HINCRBY', key, nextArgument(), nextArgument()) end
    redis.call('PEXPIRE', key, lifetime)
  end
end
return reply
`);
