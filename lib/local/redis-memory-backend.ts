import { createHash, randomUUID } from 'node:crypto';
import RedisMock from 'ioredis-mock';
import { type RedisBackend, type RedisCommand, type RedisValue, toRedisValue } from './redis-backend.ts';
import { wrapLuaScript } from './redis-lua.ts';
import { shareLuaState } from './share-lua-state.ts';

type MockMethod = (...args: string[]) => Promise<unknown>;

const notAnInteger = 'ERR value is not an integer or out of range';

/** A Redis in this process, empty and shared with no other instance. */
export async function createRedisInMemory(): Promise<RedisBackend> {
  shareLuaState();
  // Instances of ioredis-mock share their keys by host and port, so each needs a host of its own.
  const redis = new RedisMock({ host: randomUUID() });
  const methods = redis as unknown as Record<string, MockMethod>;
  const scripts = new Map<string, string>();
  // Redis counts the name itself as an argument; a negative number is a minimum.
  const commands = (await methods.command?.()) as [name: string, arity: number][];
  const arities = new Map(commands.map(([name, arity]) => [name, arity]));

  function refusal(command: RedisCommand): string | undefined {
    const name = command[0].toLowerCase();
    const arity = arities.get(name);
    if (arity === undefined) return `ERR unknown command '${command[0]}'`;
    const isComplete = arity < 0 ? command.length >= -arity : command.length === arity;
    return isComplete ? undefined : `ERR wrong number of arguments for '${name}' command`;
  }

  function remember(script: string): string {
    const sha = createHash('sha1').update(script).digest('hex');
    scripts.set(sha, script);
    return sha;
  }

  async function evaluate(script: string, [keyCount = '', ...args]: string[]): Promise<RedisValue> {
    if (!/^\d+$/.test(keyCount)) throw new Error(notAnInteger);
    if (Number(keyCount) > args.length)
      throw new Error("ERR Number of keys can't be greater than number of args");
    remember(script);
    const json = await redis.eval(wrapLuaScript(script), keyCount, ...args, ...currentTime());
    return JSON.parse(String(json)) as RedisValue;
  }

  async function evaluateSha([sha = '', ...args]: string[]): Promise<RedisValue> {
    const script = scripts.get(sha.toLowerCase());
    if (script === undefined) throw new Error('NOSCRIPT No matching script. Please use EVAL.');
    return evaluate(script, args);
  }

  function manageScripts([action = '', ...args]: string[]): RedisValue {
    switch (action.toUpperCase()) {
      case 'LOAD':
        return remember(args[0] ?? '');
      case 'EXISTS':
        return args.map((sha) => (scripts.has(sha.toLowerCase()) ? 1 : 0));
      case 'FLUSH':
        scripts.clear();
        return 'OK';
      default:
        throw new Error(`ERR unknown subcommand '${action}'. Try SCRIPT HELP.`);
    }
  }

  // Everything up to the first await runs at once, which makes a command, a script and a transaction atomic.
  async function execute(command: RedisCommand): Promise<RedisValue> {
    const refused = refusal(command);
    if (refused) throw new Error(refused);
    const name = command[0].toLowerCase();
    const args = command.slice(1);
    switch (name) {
      case 'eval':
        return evaluate(args[0] ?? '', args.slice(1));
      case 'evalsha':
        return evaluateSha(args);
      case 'script':
        return manageScripts(args);
      case 'time':
        return currentTime();
      default: {
        const value = await methods[name]?.(...adaptOptions(name, args));
        if (Number.isNaN(value)) throw new Error(notAnInteger);
        return toRedisValue(value);
      }
    }
  }

  return {
    async run(commands, atomic) {
      if (atomic && commands.some(refusal)) {
        throw new Error('EXECABORT Transaction discarded because of previous errors.');
      }
      return Promise.all(
        commands.map((command) =>
          execute(command).then(
            (result) => ({ result }),
            (error: unknown) => ({ error: describeError(error) }),
          ),
        ),
      );
    },
    async close() {
      await redis.flushall();
      redis.disconnect();
    },
  };
}

function currentTime(): [seconds: string, microseconds: string] {
  const now = Date.now();
  return [String(Math.floor(now / 1000)), String((now % 1000) * 1000)];
}

/** ioredis-mock knows options in capitals only, drops an expiry after GET, and ignores some without a word. */
function adaptOptions(name: string, args: string[]): string[] {
  if (name === 'set') {
    const options = args.slice(2).map((option) => option.toUpperCase());
    if (options.includes('KEEPTTL')) throw new Error(notBuiltIn('SET KEEPTTL'));
    const withoutGet = options.filter((option) => option !== 'GET');
    return [...args.slice(0, 2), ...withoutGet, ...(options.includes('GET') ? ['GET'] : [])];
  }
  if (name === 'zadd') {
    const firstScore = args.findIndex((arg, index) => index > 0 && !/^(nx|xx|ch|incr|gt|lt)$/i.test(arg));
    const flags = args.slice(1, firstScore).map((flag) => flag.toUpperCase());
    if (flags.includes('GT') || flags.includes('LT')) throw new Error(notBuiltIn('ZADD GT and LT'));
    return [...args.slice(0, 1), ...flags, ...args.slice(firstScore)];
  }
  return args;
}

function notBuiltIn(what: string): string {
  return `ERR ${what} is not part of the built-in Redis: point the endpoint at a real one`;
}

function describeError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const unsupported = /^Unsupported command: "(\w+)"/.exec(message);
  if (unsupported) return notBuiltIn(`the command ${unsupported[1]?.toUpperCase()}`);
  if (error instanceof TypeError || /^Key .* does not contain a \w+$/s.test(message)) {
    return 'WRONGTYPE Operation against a key holding the wrong kind of value';
  }
  const inScript =
    /^Error trying to loading or executing lua code string in VM: (?:\[string .*\]:\d+: )?(.*)$/s;
  const reason = inScript.exec(message)?.[1] ?? message;
  return /^[A-Z]+ /.test(reason) ? reason : `ERR ${reason}`;
}
