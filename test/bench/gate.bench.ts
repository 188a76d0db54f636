import { createSecret } from '#lib/local/create-secret.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { noteRatio } from './outcome.ts';
import { startRedisServer } from './redis-server.ts';

// What the gate asks of Redis beside the least that any call costs: PING and INCR over the same REST endpoint, in turn, in one run.
const rounds = 3_000;
const warmUp = 300;

const server = await startRedisServer();
const redis = await startRedisEndpoint({ token: 'bench', redisUrl: server.url });
try {
  await measure();
} finally {
  await redis.close();
  await server.stop();
}

async function measure(): Promise<void> {
  Object.assign(process.env, {
    PLINTH_STAGE: 'test',
    DATABASE_URL: 'postgres://not.used',
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    REDIS_TIMEOUT_MS: '1000',
    AUTH_SECRET: createSecret(),
  });
  const { askFleet } = await import('#lib/http/ask-fleet.ts');
  const { addIncrement } = await import('#lib/observability/increments.ts');
  const { getRedis } = await import('#lib/redis/client.ts');
  const { sessionKey } = await import('#lib/sessions/fleet-state.ts');
  const session = { id: crypto.randomUUID(), generation: 1, authenticatedAtSeconds: 0 };
  await getRedis().set(sessionKey(session.id), '1');
  let principals = 0;
  const counterOf = (policy: 'read' | 'login' | 'account') =>
    ({ policy, principal: `${principals++ % 1_000}` }) as const;
  const ask = async (...parameters: Parameters<typeof askFleet>) => {
    const { isAlone } = await askFleet(...parameters);
    if (isAlone) throw new Error('Redis did not answer');
  };
  const calls: Record<string, () => Promise<unknown>> = {
    PING: () => getRedis().ping(),
    INCR: () => getRedis().incr('bench'),
    'gate: one limit': () => ask([counterOf('read')], undefined, performance.now()),
    'gate: one limit, session': () => ask([counterOf('read')], session, performance.now()),
    'gate: one limit, session, 20 increments': () => {
      for (let field = 0; field < 20; field++) addIncrement('bench:hash', `field${field}`, 1);
      return ask([counterOf('read')], session, performance.now());
    },
    'gate: two limits (log-in)': () =>
      ask([counterOf('login'), counterOf('account')], undefined, performance.now()),
  };
  const times = new Map<string, number[]>(Object.keys(calls).map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++)
    for (const [name, call] of Object.entries(calls)) {
      const startedAt = performance.now();
      await call();
      if (round >= 0) times.get(name)?.push(performance.now() - startedAt);
    }
  print(times);
}

function print(times: ReadonlyMap<string, number[]>): void {
  const quantile = (name: string, q: number) =>
    times.get(name)?.toSorted((a, b) => a - b)[Math.floor(rounds * q)] ?? 0;
  console.log(
    `| ${rounds} calls each, in turn | p50 ms | p99 ms | p50 over PING |\n| --- | --- | --- | --- |`,
  );
  for (const name of times.keys()) {
    const [p50, p99] = [quantile(name, 0.5), quantile(name, 0.99)];
    console.log(
      `| ${name} | ${p50.toFixed(3)} | ${p99.toFixed(3)} | ${(p50 - quantile('PING', 0.5)).toFixed(3)} |`,
    );
  }
  const usual = 'gate: one limit, session';
  // Whatever else the machine does only adds to a time.
  noteRatio('gate: one limit and a session, of PING', quantile(usual, 0.1) / quantile('PING', 0.1));
}
