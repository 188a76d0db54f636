import { once } from 'node:events';
import { connect } from 'node:net';
import { Redis } from '@upstash/redis';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalSetupError } from '#lib/local/local-setup-error.ts';
import { findFreePort } from '#lib/local/ports.ts';
import { type RedisEndpoint, startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { describeOnBothBackends, token } from './redis-harness.ts';

describeOnBothBackends('The Redis endpoint', (on) => {
  it('keeps every string as it is', async () => {
    const texts = [
      'é ✓ 日本 😀',
      '"quoted" \\ back',
      'line\nbreak\ttab\u0000nul',
      '123456',
      '1e3',
      'OK',
      'null',
      '',
    ];
    for (const text of texts) {
      await on.redis.set('text', text);
      expect(await on.redis.get('text')).toBe(text);
      await on.redis.hset('hash', { [`field ${text}`]: text });
      expect(await on.redis.hget('hash', `field ${text}`)).toBe(text);
      expect(await on.redis.mget('text', 'text', 'absent')).toEqual([text, text, null]);
      expect(await on.redis.eval('return { ARGV[1], redis.call("GET", KEYS[1]) }', ['text'], [text])).toEqual(
        [text, text],
      );
    }
  });

  it('encodes strings in base64 only when it is asked to', async () => {
    await on.redis.set('text', 'OK?');
    const plain = await on.send('/', '["GET","text"]');
    expect(await plain.json()).toEqual({ result: 'OK?' });
    const encoded = await on.send(
      '/pipeline',
      '[["GET","text"],["SET","other","1"],["MGET","text","none"],["TTL","text"]]',
      {
        'upstash-encoding': 'base64',
      },
    );
    expect(await encoded.json()).toEqual([
      { result: 'T0s/' },
      { result: 'OK' },
      { result: ['T0s/', null] },
      { result: -1 },
    ]);
  });

  it('speaks about strings and their expiry', async () => {
    expect(await on.redis.set('a', '1', { ex: 100, nx: true })).toBe('OK');
    expect(await on.redis.set('a', '2', { nx: true })).toBeNull();
    expect(await on.redis.set('b', '2', { xx: true })).toBeNull();
    expect(await on.redis.ttl('a')).toBeGreaterThan(98);
    expect(await on.redis.set('a', '5', { get: true, px: 50_000 })).toBe('1');
    expect(await on.redis.pttl('a')).toBeGreaterThan(48_000);
    expect(await on.redis.incr('a')).toBe(6);
    expect(await on.redis.incrby('a', 4)).toBe(10);
    expect(await on.redis.setex('c', 10, 'x')).toBe('OK');
    expect(await on.redis.expireat('c', 1)).toBe(1);
    expect(await on.redis.exists('a', 'b', 'c')).toBe(1);
    expect(await on.redis.pexpire('a', 60_000)).toBe(1);
    expect(await on.redis.del('a', 'b')).toBe(1);
    expect(await on.redis.get('a')).toBeNull();
    expect(await on.redis.ttl('a')).toBe(-2);
  });

  it('forgets a key when its time is over', async () => {
    await on.redis.set('short', '1', { px: 20 });
    await expect.poll(() => on.redis.exists('short')).toBe(0);
    expect(await on.redis.incr('short')).toBe(1);
    expect(await on.redis.ttl('short')).toBe(-1);
  });

  it('speaks about hashes, sets, lists and sorted sets', async () => {
    expect(await on.redis.hset('h', { a: '1', b: 'two' })).toBe(2);
    expect(await on.redis.hgetall('h')).toEqual(['a', '1', 'b', 'two']);
    const deserializing = new Redis({ url: on.endpoint.url, token, retry: false });
    expect(await deserializing.hgetall('h')).toEqual({ a: 1, b: 'two' });
    expect(await deserializing.hgetall('none')).toBeNull();
    expect(await on.redis.hincrby('h', 'a', 5)).toBe(6);
    expect(await on.redis.hdel('h', 'a')).toBe(1);

    expect(await on.redis.sadd('s', 'x', 'y')).toBe(2);
    expect(await on.redis.srem('s', 'x')).toBe(1);
    expect(await on.redis.smembers('s')).toEqual(['y']);

    expect(await on.redis.rpush('l', 'b', 'c')).toBe(2);
    expect(await on.redis.lpush('l', 'a')).toBe(3);
    expect(await on.redis.lrange('l', 0, -1)).toEqual(['a', 'b', 'c']);

    expect(
      await on.redis.zadd('z', { nx: true }, { score: 2, member: 'nx' }, { score: 1, member: 'one' }),
    ).toBe(2);
    expect(await on.redis.zrange('z', 0, -1)).toEqual(['one', 'nx']);
    expect(await on.redis.zrange('z', 0, 1, { byScore: true, withScores: true })).toEqual(['one', '1']);
    expect(await on.redis.zrange('z', 0, 0, { rev: true })).toEqual(['nx']);
  });

  it('walks over all keys', async () => {
    for (let i = 0; i < 25; i++) await on.redis.set(`key:${i}`, '1');
    await on.redis.set('other', '1');
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await on.redis.scan(cursor, { match: 'key:*', count: 7 });
      for (const key of keys) found.add(key);
      cursor = next;
    } while (cursor !== '0');
    expect(found.size).toBe(25);
  });

  it('answers PING and a TIME that agrees with the clock', async () => {
    expect(await on.redis.ping()).toBe('PONG');
    const clock = ([seconds, microseconds]: unknown[]) => Number(seconds) * 1e3 + Number(microseconds) / 1e3;
    for (const time of [() => on.redis.time(), () => on.redis.eval('return redis.call("TIME")', [], [])]) {
      const before = Date.now();
      const now = clock((await time()) as unknown[]);
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(Date.now() + 1);
    }
  });

  it('runs a pipeline in order and in one round trip', async () => {
    const before = on.endpoint.requests();
    const replies = await on.redis.pipeline().set('n', '1').incr('n').get('n').hgetall('none').exec();
    expect(replies).toEqual(['OK', 2, '2', []]);
    expect(on.endpoint.requests()).toBe(before + 1);
  });

  it('goes on after an error in the middle of a pipeline', async () => {
    await on.redis.set('text', 'x');
    const pipeline = on.redis
      .pipeline()
      .set('a', '1')
      .lpush('text', 'y')
      .eval('return no_such_global.x', [], [])
      .incr('a');
    const replies = await pipeline.exec({ keepErrors: true });
    expect(replies[0]).toEqual({ result: 'OK', error: undefined });
    expect(replies[1]).toEqual({ result: undefined, error: expect.stringMatching(/^WRONGTYPE /) });
    expect(replies[2]).toEqual({
      result: undefined,
      error: expect.stringMatching(/^ERR .*no_such_global/),
    });
    expect(replies[3]).toEqual({ result: 2, error: undefined });
  });

  it('runs a transaction, errors of single commands included', async () => {
    await on.redis.set('text', 'x');
    expect(await on.redis.multi().set('a', '1').incr('a').hset('h', { f: 'v' }).hgetall('h').exec()).toEqual([
      'OK',
      2,
      1,
      ['f', 'v'],
    ]);
    const replies = await on.redis.multi().incr('a').lpush('text', 'y').incr('a').exec({ keepErrors: true });
    expect(replies.map(({ result, error }) => result ?? error)).toEqual([
      3,
      expect.stringMatching(/^WRONGTYPE /),
      4,
    ]);
  });

  it('refuses a whole transaction for a command that is unknown or incomplete', async () => {
    for (const command of [
      ['NOSUCH', 'a'],
      ['EXPIRE', 'a'],
      ['GET', 'a', 'b'],
    ]) {
      const response = await on.send('/multi-exec', JSON.stringify([['SET', 'a', '1'], command]));
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringMatching(/^EXECABORT /) });
      expect(await on.redis.get('a')).toBeNull();
    }
  });

  it('answers what it cannot do with an error of the client', async () => {
    await expect(on.redis.exec(['NOSUCH', 'a'])).rejects.toThrow(/ERR unknown command 'NOSUCH'/);
    await expect(on.redis.exec(['SUBSCRIBE', 'a'])).rejects.toThrow(
      /ERR Command is not available: 'SUBSCRIBE'/,
    );
    expect(await on.call('EXPIRE', 'a')).toEqual({
      error: "ERR wrong number of arguments for 'expire' command",
    });
    await on.redis.set('text', 'x');
    expect((await on.send('/', '["INCR","text"]')).status).toBe(400);
    expect(await on.call('SADD', 'text', 'y')).toEqual({ error: expect.stringMatching(/^WRONGTYPE /) });
    await expect(on.redis.incr('text')).rejects.toThrow(/ERR value is not an integer/);
  });

  it('refuses requests that it cannot read', async () => {
    const answers = await Promise.all([
      on.send('/', '{not json'),
      on.send('/', '[]'),
      on.send('/', '[["GET","a"]]'),
      on.send('/pipeline', '["GET","a"]'),
      on.send('/pipeline', '[]'),
      on.send('/', '["GET",{"a":1}]'),
      on.send('/nowhere', '["GET","a"]'),
      on.send('/', JSON.stringify(['SET', 'a', 'x'.repeat(11 * 1024 * 1024)])),
    ]);
    expect(answers.map((response) => response.status)).toEqual([400, 400, 400, 400, 400, 400, 404, 413]);
    for (const response of answers) {
      expect(await response.json()).toEqual({ error: expect.stringMatching(/^ERR /) });
    }
  });

  it('lets nobody in without the token', async () => {
    const stranger = new Redis({ url: on.endpoint.url, token: 'wrong', retry: false });
    await expect(stranger.get('a')).rejects.toThrow(/Unauthorized/);
    expect((await fetch(on.endpoint.url, { method: 'POST', body: '["PING"]' })).status).toBe(401);
  });

  it('survives a client that goes away in the middle of a request', async () => {
    const socket = connect(Number(new URL(on.endpoint.url).port), '127.0.0.1');
    socket.write(
      `POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: 100\r\n\r\n["PI`,
    );
    const before = on.endpoint.requests();
    await expect.poll(() => on.endpoint.requests()).toBe(before + 1);
    socket.destroy();
    await once(socket, 'close');
    expect(await on.redis.ping()).toBe('PONG');
  });
});

describe('Redis endpoints', () => {
  const opened: RedisEndpoint[] = [];
  afterEach(async () => {
    for (const endpoint of opened.splice(0)) await endpoint.close();
  });

  it('share no keys when they keep them in memory', async () => {
    for (let i = 0; i < 2; i++) opened.push(await startRedisEndpoint({ token }));
    const [first, second] = opened.map(({ url }) => new Redis({ url, token, retry: false }));
    await first?.set('a', 1);
    expect(await first?.get('a')).toBe(1);
    expect(await second?.get('a')).toBeNull();
  });

  it('say so when the port is taken', async () => {
    const endpoint = await startRedisEndpoint({ token });
    opened.push(endpoint);
    const port = Number(new URL(endpoint.url).port);
    await expect(startRedisEndpoint({ token, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('say so when no Redis answers', async () => {
    const start = startRedisEndpoint({
      token,
      redisUrl: `redis://user:secret@127.0.0.1:${await findFreePort()}`,
    });
    const error = await start.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LocalSetupError);
    expect(String(error)).toMatch(/Redis at 127\.0\.0\.1:\d+ does not answer \(.*ECONNREFUSED.*\): start it/);
    expect(String(error)).not.toContain('secret');
  });

  it('end at once, even in the middle of a request', async () => {
    const endpoint = await startRedisEndpoint({ token });
    const { port } = new URL(endpoint.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: 9\r\n\r\n`);
    await expect.poll(() => endpoint.requests()).toBe(1);
    const ended = once(socket, 'close');
    await endpoint.close();
    await ended;
    await expect(fetch(endpoint.url)).rejects.toThrow();
  });
});
