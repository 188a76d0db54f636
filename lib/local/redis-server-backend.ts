import { Redis } from 'ioredis';
import { LocalSetupError } from './local-setup-error.ts';
import { type RedisBackend, type RedisReply, toRedisValue } from './redis-backend.ts';

/** Throws `LocalSetupError` when no Redis answers at the address. */
export async function connectRedisServer(redisUrl: string): Promise<RedisBackend> {
  if (!URL.canParse(redisUrl))
    throw new LocalSetupError(`REDIS_URL is "${redisUrl}": set it to redis://host:port.`);
  const redis = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: 1, connectTimeout: 3_000 });
  // Every failing command carries the cause to its own caller; without a listener ioredis prints it as well.
  let connectError = '';
  redis.on('error', (error: Error) => {
    connectError = error.message;
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    const reason = connectError || (error instanceof Error ? error.message : String(error));
    throw new LocalSetupError(
      `Redis at ${new URL(redisUrl).host} does not answer (${reason}): start it, or leave its address out to use the built-in one.`,
    );
  }

  return {
    async run(commands, atomic) {
      const calls = commands.map((command) => ['call', ...command]);
      const replies = await (atomic ? redis.multi(calls) : redis.pipeline(calls)).exec();
      return (replies ?? []).map(([error, value]): RedisReply => {
        return error ? { error: error.message } : { result: toRedisValue(value) };
      });
    },
    async close() {
      redis.disconnect();
    },
  };
}
