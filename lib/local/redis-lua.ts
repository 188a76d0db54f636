// ioredis-mock hands a script JavaScript values: nulls that are true, lists that are no tables, false for an empty
// string and for NaN; it stores numbers as numbers, and its TIME mixes two clocks. This makes them what Redis gives.
const prelude = `
local mock = redis.pcall
local usec, sec = table.remove(ARGV), table.remove(ARGV)

local function fromMock(value, first)
  if type(value) == 'number' then return math.tointeger(value) or value end
  if type(value) ~= 'userdata' then return value end
  if tostring(value) == 'null' then return false end
  local list, last = {}, first == 1 and #value or #value - 1
  for i = first, last do list[#list + 1] = fromMock(value[i], 0) end
  return list
end

local function describe(message)
  if message:find("reading 'bind'") then return 'ERR Unknown Redis command called from script' end
  if message:find('^TypeError') or message:find('does not contain a %a+$') then
    return 'WRONGTYPE Operation against a key holding the wrong kind of value'
  end
  message = message:gsub('^%a*Error: ', '')
  return message:find('^%u+ ') and message or 'ERR ' .. message
end

local function exists(name, args)
  if name == 'GET' then return mock('EXISTS', args[2]) == 1 end
  return name == 'HGET' and mock('HEXISTS', args[2], args[3]) == 1
end

redis.pcall = function(...)
  local args = { ... }
  local name = string.upper(args[1])
  if name == 'TIME' then return { sec, usec } end
  for i, arg in ipairs(args) do
    if type(arg) == 'number' then
      args[i] = math.tointeger(arg) and string.format('%d', math.tointeger(arg)) or string.format('%.17g', arg)
    end
    if name == 'SET' and i > 3 then args[i] = string.upper(args[i]) end
  end
  local value = mock(table.unpack(args))
  if type(value) == 'userdata' and tostring(value) ~= 'null' and value[0] == 'error' then
    return { err = describe(tostring(value[1])) }
  end
  if value == false and (name:find('^H?INCR') or name:find('^DECR')) then
    return { err = 'ERR value is not an integer or out of range' }
  end
  if value == false and exists(name, args) then return '' end
  return fromMock(value, 1)
end

redis.call = function(...)
  local value = redis.pcall(...)
  if type(value) == 'table' and value.err then error(value.err, 0) end
  return value
end

redis.error_reply = function(message) return { err = message } end
redis.status_reply = function(message) return { ok = message } end

local function toJson(value)
  local kind = type(value)
  if kind == 'number' then return string.format('%d', value >= 0 and math.floor(value) or math.ceil(value)) end
  if kind == 'string' then
    return '"' .. value:gsub('[%c"\\\\]', function(c) return string.format('\\\\u%04x', c:byte()) end) .. '"'
  end
  if value == true then return '1' end
  if kind ~= 'table' then return 'null' end
  if value.err then error(value.err, 0) end
  if value.ok then return toJson(value.ok) end
  local items = {}
  for _, item in ipairs(value) do items[#items + 1] = toJson(item) end
  return '[' .. table.concat(items, ',') .. ']'
end
`;

const preludeOnOneLine = prelude.replaceAll('\n', ' ');

/** The script as ioredis-mock has to get it: it answers with JSON and takes TIME as two arguments after its own. */
export function wrapLuaScript(script: string): string {
  return `${preludeOnOneLine} return toJson((function() ${script}\nend)())`;
}
