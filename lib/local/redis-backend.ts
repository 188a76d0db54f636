export type RedisCommand = [name: string, ...args: string[]];

export type RedisValue = string | number | null | RedisValue[];

export type RedisReply = { result: RedisValue } | { error: string };

export type RedisBackend = {
  /** Runs the commands in order; `atomic` lets no other client in between and throws when Redis refuses them all. */
  run(commands: RedisCommand[], atomic: boolean): Promise<RedisReply[]>;
  close(): Promise<void>;
};

/** What Redis itself would answer: flat lists for maps, nulls for what is absent. */
export function toRedisValue(value: unknown): RedisValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(toRedisValue);
  return Object.entries(value).flat().map(toRedisValue);
}
