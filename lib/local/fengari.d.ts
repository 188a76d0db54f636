/** The part of Lua's C API that is used here, as fengari has it in JavaScript. */
declare module 'fengari' {
  interface LuaState {
    readonly top: number;
  }
  const fengari: {
    lua: {
      LUA_MULTRET: number;
      LUA_REGISTRYINDEX: number;
      lua_close(state: LuaState): void;
      lua_newthread(state: LuaState): LuaState;
      lua_pcall(state: LuaState, argumentCount: number, resultCount: number, handler: number): number;
      lua_pop(state: LuaState, count: number): void;
      lua_pushvalue(state: LuaState, index: number): void;
      lua_rawgeti(state: LuaState, index: number, key: number): number;
    };
    lualib: { luaL_openlibs(state: LuaState): void };
    lauxlib: {
      luaL_dostring(state: LuaState, source: Uint8Array): number;
      luaL_loadstring(state: LuaState, source: Uint8Array): number;
      luaL_newstate(): LuaState;
      luaL_ref(state: LuaState, table: number): number;
    };
  };
  export default fengari;
}
