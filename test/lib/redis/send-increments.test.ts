import { beforeEach, expect, it, vi } from 'vitest';
import { addIncrement, takeIncrements } from '#lib/observability/increments.ts';
import { sendIncrements } from '#lib/redis/send-increments.ts';
import { describeOnBothBackends } from '#test/local/redis-harness.ts';

const backend = vi.hoisted(() => ({ redis: undefined as unknown }));
vi.mock('#lib/redis/client.ts', () => ({ getRedis: () => backend.redis }));

describeOnBothBackends('Increments without a gate call', (on) => {
  beforeEach(() => {
    backend.redis = on.redis;
    takeIncrements();
  });

  it('are added, and sent once', async () => {
    addIncrement('h:1', 'a', 2);
    addIncrement('h:1', 'b', 3);
    addIncrement('h:2', 'c', 4);
    await sendIncrements();
    await sendIncrements();
    expect(await on.redis.hmget('h:1', 'a', 'b')).toEqual(['2', '3']);
    expect(await on.redis.hget('h:2', 'c')).toBe('4');
    expect(await on.redis.pttl('h:1')).toBeGreaterThan(0);
  });

  it('that Redis does not take are dropped, and keep no others from being sent', async () => {
    await on.redis.set('text', 'x');
    addIncrement('text', 'a', 1);
    addIncrement('h', 'b', 1);
    await sendIncrements();
    expect(await on.redis.hget('h', 'b')).toBe('1');
    expect(takeIncrements().size).toBe(0);
  });
});
