import { expect, it } from 'vitest';
import { describeOnBothBackends } from './redis-harness.ts';

describeOnBothBackends('Lua', (on) => {
  it('gives a script what Redis gives it', async () => {
    await on.redis.hset('h', { a: '7', empty: '' });
    await on.redis.set('n', '41');
    const script = `
      local hash = redis.call('HMGET', KEYS[1], 'a', 'absent', 'empty')
      local list = {}
      list[1] = redis.call('INCR', KEYS[2]) .. '!'
      list[2] = hash[2] == false and #hash
      list[3] = redis.call('HGET', KEYS[1], 'empty') == ''
      list[4] = redis.call('GET', 'absent') == false
      list[5] = 3.99
      redis.call('SET', KEYS[3], 5, 'px', 60000)
      list[6] = redis.call('GET', KEYS[3])
      list[7] = #redis.call('HGETALL', KEYS[1])
      list[8] = { ARGV[1], tonumber(ARGV[2]) + 1, { 'deep' } }
      list[9] = type(redis.pcall('LPUSH', KEYS[1], 'x').err)
      return list -- the end
    `;
    const reply = await on.redis.eval(script, ['h', 'n', 'set'], ['é"\\\n', '1']);
    expect(reply).toEqual(['42!', 3, 1, 1, 3, '5', 4, ['é"\\\n', 2, ['deep']], 'string']);
    expect(await on.redis.pttl('set')).toBeGreaterThan(50_000);
    expect(await on.redis.get('set')).toBe('5');
    expect(await on.redis.eval('return {1, nil, 3}', [], [])).toEqual([1]);
    expect(await on.redis.eval('return -1.5', [], [])).toBe(-1);
    expect(await on.redis.eval('return redis.status_reply("FINE")', [], [])).toBe('FINE');
    expect(await on.call('EVAL', 'return false', '0')).toEqual({ result: null });
  });

  it('reports what goes wrong in a script', async () => {
    await on.redis.set('text', 'x');
    const failures = [
      ['return redis.error_reply("LIMIT reached")', /^LIMIT reached/],
      ['return redis.call("INCR", "text")', /^ERR value is not an integer or out of range/],
      ['redis.call("LPUSH", "text", "x") return 1', /^WRONGTYPE /],
      ['return redis.call("NOSUCH", "text")', /^ERR Unknown Redis command called from script/],
      ['error("boom")', /^ERR .*boom/],
      ['this is no script', /^ERR .*near 'is'/],
    ] as const;
    for (const [script, message] of failures) {
      expect(await on.call('EVAL', script, '0'), script).toEqual({ error: expect.stringMatching(message) });
    }
    expect(await on.call('EVAL', 'return 1', '2', 'a')).toEqual({
      error: expect.stringMatching(/^ERR Number of keys/),
    });
  });

  it('knows a script by its hash once it has run or was loaded', async () => {
    const script = on.redis.createScript<string>('return KEYS[1] .. ARGV[1]');
    await on.call('SCRIPT', 'FLUSH');
    const before = on.endpoint.requests();
    expect(await script.exec(['k'], ['v'])).toBe('kv');
    expect(on.endpoint.requests()).toBe(before + 2);
    expect(await script.exec(['k'], ['w'])).toBe('kw');
    expect(on.endpoint.requests()).toBe(before + 3);

    const sha = await on.redis.scriptLoad('return 5');
    expect(await on.redis.scriptExists(sha, 'f'.repeat(40))).toEqual([1, 0]);
    expect(await on.redis.evalsha(sha, [], [])).toBe(5);
    expect(await on.call('EVALSHA', 'f'.repeat(40), '0')).toEqual({
      error: expect.stringMatching(/^NOSCRIPT /),
    });
  });

  it('runs 100 requests at once without losing a count', async () => {
    const script = `
      local n = tonumber(redis.call('GET', KEYS[1]) or '0')
      redis.call('SET', KEYS[1], n + 1)
      return n + 1
    `;
    const before = on.endpoint.requests();
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => on.call('EVAL', script, '1', 'count')),
    );
    expect(on.endpoint.requests()).toBe(before + 100);
    const counts = replies.map(({ result }) => result);
    expect(new Set(counts)).toEqual(new Set(Array.from({ length: 100 }, (_, i) => i + 1)));
    expect(await on.redis.get('count')).toBe('100');
  });
});
