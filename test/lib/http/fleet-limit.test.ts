import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { describeOnBothBackends, token } from '#test/local/redis-harness.ts';

const instanceFile = join(import.meta.dirname, '../../support/fleet-instance.ts');
const limit = 100;

async function startInstance(redisUrl: string): Promise<ChildProcess> {
  const env = {
    ...process.env,
    UPSTASH_REDIS_REST_URL: redisUrl,
    UPSTASH_REDIS_REST_TOKEN: token,
    REDIS_TIMEOUT_MS: '1000',
  };
  const instance = fork(instanceFile, [String(limit)], {
    env,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(instance, 'message');
  return instance;
}

describeOnBothBackends('A limit of 100 in several processes', (on) => {
  const [many, each] = inject('isThorough') ? [8, 1_000] : [4, 250];

  it(`lets exactly 100 requests pass, of ${many * each} from ${many} processes on a real server`, async () => {
    // Few enough for our interpreter that none waits for longer than a request does.
    const [processes, requests] = on.isInMemory ? [2, 100] : [many, each];
    const starting = Array.from({ length: processes }, () => startInstance(on.endpoint.url));
    const instances = await Promise.all(starting);
    try {
      const answers = await Promise.all(
        instances.map(async (instance) => {
          instance.send(requests);
          const [statuses] = await once(instance, 'message');
          return statuses as Record<string, number>;
        }),
      );
      const total = (status: number) => answers.reduce((sum, statuses) => sum + (statuses[status] ?? 0), 0);
      expect({ passed: total(200), refused: total(429) }).toEqual({
        passed: limit,
        refused: processes * requests - limit,
      });
    } finally {
      for (const instance of instances) instance.kill();
    }
  }, 300_000);
});
