import { expect, it } from 'vitest';
import { gateScript } from '#lib/redis/gate-script.ts';
import { setScript } from '#lib/sessions/fleet-state.ts';
import { describeOnBothBackends } from '#test/local/redis-harness.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
// Of counters, session, remembered, breakers and increments.
const nothing = [0, 0, 0, 0, 0];

interface Windows {
  readonly name: string;
  readonly limits: readonly [burst: number, sustained: number];
  readonly isBinding?: boolean;
}

describeOnBothBackends('The script of the gate', (on) => {
  const run = (keys: string[], args: (string | number)[]) =>
    on.redis.eval<string[], number[]>(gateScript.source, keys, args.map(String));

  /** What is left of each window; their ends are checked apart. */
  async function count(...counters: Windows[]): Promise<number[]> {
    const keys = counters.flatMap(({ name }) => [`${name}:burst`, `${name}:sustained`]);
    const args = counters.flatMap(({ limits: [burst, sustained], isBinding = true }) => [
      isBinding ? 1 : 0,
      2,
      burst,
      minuteMs,
      sustained,
      hourMs,
    ]);
    const reply = await run(keys, [counters.length, ...args, 0, 0, 0, 0]);
    return reply.filter((_, index) => index % 2 === 0);
  }

  it('answers nothing when every section is empty', async () => {
    expect(await run([], nothing)).toEqual([]);
    expect(await on.redis.dbsize()).toBe(0);
  });

  it('tells what is left of each window and when it ends, and lets both end', async () => {
    const reply = await run(['a', 'b'], [1, 1, 2, 3, minuteMs, 10, hourMs, 0, 0, 0, 0]);
    expect(reply).toEqual([2, expect.any(Number), 9, expect.any(Number)]);
    for (const [key, expected, lengthMs] of [
      ['a', reply[1], minuteMs],
      ['b', reply[3], hourMs],
    ] as const) {
      expect(expected).toBeGreaterThan(lengthMs - 5_000);
      expect(expected).toBeLessThanOrEqual(lengthMs);
      expect(await on.redis.pttl(key)).toBeGreaterThan(lengthMs - 5_000);
    }
  });

  it('does not make a window longer with the requests in it', async () => {
    await on.redis.set('c:burst', '1', { px: 30_000 });
    await count({ name: 'c', limits: [5, 10] });
    expect(await on.redis.pttl('c:burst')).toBeLessThanOrEqual(30_000);
  });

  it('counts up to the limit, and a refused request in no window', async () => {
    const counter: Windows = { name: 'c', limits: [2, 10] };
    const replies = [];
    for (let request = 0; request < 5; request++) replies.push(await count(counter));
    expect(replies).toEqual([
      [1, 9],
      [0, 8],
      [-1, 8],
      [-1, 8],
      [-1, 8],
    ]);
    expect(await on.redis.mget('c:burst', 'c:sustained')).toEqual(['2', '2']);
  });

  it('refuses by the sustained window as well, and then leaves the burst alone', async () => {
    await on.redis.set('c:sustained', '10', { px: hourMs });
    expect(await count({ name: 'c', limits: [2, 10] })).toEqual([2, -1]);
    expect(await on.redis.exists('c:burst')).toBe(0);
  });

  it('counts for no counter what one of them refuses, whatever their order', async () => {
    await on.redis.set('full:burst', '3', { px: minuteMs });
    const [full, free]: Windows[] = [
      { name: 'full', limits: [3, 10] },
      { name: 'free', limits: [3, 10] },
    ];
    if (!full || !free) return;
    expect(await count(full, free)).toEqual([-1, 10, 3, 10]);
    expect(await count(free, full)).toEqual([3, 10, -1, 10]);
    expect(await on.redis.exists('free:burst', 'free:sustained', 'full:sustained')).toBe(0);
  });

  it('has a counter that is not binding say that it is used up, but refuse nobody', async () => {
    const strangers: Windows = { name: 'strangers', limits: [1, 10], isBinding: false };
    const address: Windows = { name: 'address', limits: [3, 10] };
    expect(await count(address, strangers)).toEqual([2, 9, 0, 9]);
    expect(await count(address, strangers)).toEqual([1, 8, -1, 9]);
    expect(await count(address, strangers)).toEqual([0, 7, -1, 9]);
    expect(await count(address, strangers)).toEqual([-1, 7, -1, 9]);
    expect(await on.redis.mget('strangers:burst', 'strangers:sustained')).toEqual(['1', '1']);
  });

  it('gives a counter that lost its expiry one again, counted or refused', async () => {
    for (const stored of ['1', '3']) {
      await on.redis.set('c:burst', stored);
      await count({ name: 'c', limits: [3, 10] });
      expect(await on.redis.pttl('c:burst'), stored).toBeGreaterThan(minuteMs - 5_000);
    }
  });

  it('shuts a window whose limit was lowered below its count', async () => {
    await on.redis.set('c:burst', '50', { px: minuteMs });
    expect(await count({ name: 'c', limits: [3, 10] })).toEqual([-1, 10]);
  });

  it.each([
    ['a hash', () => on.redis.hset('c:sustained', { odd: '1' })],
    ['no number', () => on.redis.set('c:sustained', 'odd')],
  ])('fails as a whole on a counter that is %s, and counts nothing', async (_, spoil) => {
    await spoil();
    await expect(count({ name: 'c', limits: [3, 10] })).rejects.toThrow();
    expect(await on.redis.exists('c:burst')).toBe(0);
  });

  it('keeps a session alive by a token of its generation only', async () => {
    await on.redis.set('session:s', '7', { px: 1_000 });
    expect(await run(['session:s'], [0, 6, 50_000, 0, 0, 0])).toEqual([7]);
    expect(await on.redis.pttl('session:s')).toBeLessThanOrEqual(1_000);
    expect(await run(['session:s'], [0, 7, 50_000, 0, 0, 0])).toEqual([7]);
    expect(await on.redis.pttl('session:s')).toBeGreaterThan(40_000);
    expect(await run(['session:unknown'], [0, 7, 50_000, 0, 0, 0])).toEqual([-1]);
    await on.redis.set('session:ended', '0');
    expect(await run(['session:ended'], [0, 7, 50_000, 0, 0, 0])).toEqual([0]);
  });

  it('remembers sessions that Redis did not know, each for its time, and overwrites none', async () => {
    await on.redis.set('session:ended', '0');
    const keys = ['session:new', 'session:old', 'session:ended'];
    expect(await run(keys, [0, 0, 3, 3, 50_000, 4, 20_000, 5, 50_000, 0, 0])).toEqual([]);
    expect(await on.redis.mget(...keys)).toEqual(['3', '4', '0']);
    expect(await on.redis.pttl('session:new')).toBeGreaterThan(40_000);
    expect(await on.redis.pttl('session:old')).toBeLessThanOrEqual(20_000);
  });

  it('confirms a session that was changed while nobody used it only after its next use', async () => {
    await on.redis.set('session:s', '-7', { px: 1_000 });
    expect(await run(['session:s'], [0, 7, 50_000, 0, 0, 0])).toEqual([-7]);
    expect(await on.redis.pttl('session:s')).toBeLessThanOrEqual(1_000);
    await run(['session:s'], [0, 0, 1, 6, 50_000, 0, 0]);
    expect(await on.redis.get('session:s')).toBe('-7');
    await run(['session:s'], [0, 0, 1, 7, 50_000, 0, 0]);
    expect(await run(['session:s'], [0, 7, 50_000, 0, 0, 0])).toEqual([7]);
  });

  it('is told of changed sessions, and those that are not in use get no more time', async () => {
    const keys = ['session:used', 'session:unknown', 'session:changed', 'session:ended'];
    const tell = (areInUse: 0 | 1, ...generations: number[]) =>
      on.redis.eval(setScript.source, keys, [50_000, 9_000, areInUse, ...generations].map(String));
    await on.redis.set('session:used', '1', { px: 20_000 });
    await on.redis.set('session:changed', '-3', { px: 1_000 });
    await tell(0, 2, 2, 4, 0);
    expect(await on.redis.mget(...keys)).toEqual(['2', '-2', '-4', '0']);
    expect(await on.redis.pttl('session:used')).toBeLessThanOrEqual(20_000);
    expect(await on.redis.pttl('session:changed')).toBeGreaterThan(40_000);
    expect(await on.redis.pttl('session:ended')).toBeLessThanOrEqual(9_000);
    await tell(1, 3, 3, 5, 0);
    expect(await on.redis.mget(...keys)).toEqual(['3', '3', '5', '0']);
    expect(await on.redis.pttl('session:used')).toBeGreaterThan(40_000);
  });

  it('adds increments to the fields of hashes, and lets these end some time after the last', async () => {
    await on.redis.hset('h:1', { a: '5' });
    const args = [0, 0, 0, 0, 2, hourMs, 2, 'a', 2, 'b', 3, 1, 'c', -4];
    expect(await run(['h:1', 'h:2'], args)).toEqual([]);
    expect(await on.redis.hmget('h:1', 'a', 'b')).toEqual(['7', '3']);
    expect(await on.redis.hget('h:2', 'c')).toBe('-4');
    expect(await on.redis.pttl('h:1')).toBeGreaterThan(hourMs - 5_000);
  });

  it('drops an increment that Redis does not take, and no other', async () => {
    await on.redis.set('text', 'x');
    const args = [0, 0, 0, 0, 2, hourMs, 1, 'a', 1, 1, 'b', 2];
    expect(await run(['text', 'h'], args)).toEqual([]);
    expect(await on.redis.hgetall('h')).toEqual(['b', '2']);
  });

  it('does all of it in one call, also for a request that is refused', async () => {
    await on.redis.set('c:burst', '1', { px: minuteMs });
    await on.redis.set('session:s', '7', { px: 1_000 });
    const breaker = ['b:open', 'b:trips', 'b:override'];
    await on.redis.set('b:open', '1', { px: minuteMs });
    await on.redis.set('b:trips', '3');
    const keys = ['c:burst', 'c:sustained', 'session:s', 'session:new', ...breaker, 'h'];
    const args = [1, 1, 2, 1, minuteMs, 10, hourMs, 7, 50_000, 1, 2, 50_000, 1, 1, hourMs, 1, 'f', 3];
    const reply = await run(keys, args);
    expect(reply).toEqual([-1, expect.any(Number), 10, hourMs, 7, expect.any(Number), 3, 0]);
    expect(reply[5]).toBeGreaterThan(minuteMs - 5_000);
    expect(await on.redis.get('session:new')).toBe('2');
    expect(await on.redis.hget('h', 'f')).toBe('3');
  });
});
