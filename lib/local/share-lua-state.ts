import fengari from 'fengari';

const { lua, lualib, lauxlib } = fengari;
let isShared = false;

/**
 * Makes ioredis-mock run its scripts in threads of one Lua state, which keeps what it has parsed. By itself it makes a new state and
 * parses the script whenever it runs one, and that costs six times what running it does.
 */
export function shareLuaState(): void {
  if (isShared) return;
  isShared = true;
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  lauxlib.luaL_newstate = () => {
    const thread = lua.lua_newthread(state);
    lua.lua_pop(state, 1);
    return thread;
  };
  lualib.luaL_openlibs = () => {};
  lua.lua_close = () => {};

  const chunks = new Map<string, number>();
  lauxlib.luaL_dostring = (thread, source) => {
    const text = Buffer.from(source).toString('latin1');
    const chunk = chunks.get(text);
    if (chunk === undefined) {
      const failure = lauxlib.luaL_loadstring(thread, source);
      if (failure !== 0) return failure;
      lua.lua_pushvalue(thread, -1);
      chunks.set(text, lauxlib.luaL_ref(thread, lua.LUA_REGISTRYINDEX));
    } else lua.lua_rawgeti(thread, lua.LUA_REGISTRYINDEX, chunk);
    return lua.lua_pcall(thread, 0, lua.LUA_MULTRET, 0);
  };
}
