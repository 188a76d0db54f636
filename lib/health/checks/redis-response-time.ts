import type { Check } from '#lib/health/check.ts';
import { getRedis } from '#lib/redis/client.ts';

/** How long Redis takes for a ping; more than the budget of the gate is no answer. Without Redis most routes go on. */
export const redisResponseTime: Check = {
  name: 'redis:responseTime',
  isCritical: false,
  dependency: 'redis',
  async observe() {
    const startedAt = performance.now();
    const reply = await getRedis().ping();
    if (reply !== 'PONG') throw new Error('PING has not been answered with PONG');
    return { status: 'pass', value: performance.now() - startedAt, unit: 'ms' };
  },
};
