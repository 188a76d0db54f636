import { afterAll, describe, expect, test } from 'vitest';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { following } from '#lib/outbound/follow-redirects.ts';
import { outbound } from '#lib/outbound/outbound.ts';
import { base, failure, other, pages, received, secure, upstream } from '#test/support/upstream-server.ts';

// An endpoint of its own: the breakers' state is looked at.
const redis = await startRedisEndpoint({ token: 'outbound' });
Object.assign(process.env, { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token });
afterAll(() => redis.close());

describe('redirects', () => {
  const redirecting = (to: string, status = 302) =>
    `${base}/?${new URLSearchParams({ to, with: String(status) })}`;
  const secrets = { authorization: 'Bearer secret', cookie: 'a=b', 'x-api-key': 'key', accept: 'text/plain' };

  test('are answers unless the service follows them', async () => {
    const { status, headers } = await outbound(upstream(), { url: redirecting('/echo') });
    expect([status, headers.location]).toEqual([302, '/echo']);
  });

  test('keep credentials at home, and drop them abroad', async () => {
    const service = upstream({ send: following(3) });
    await outbound(service, { url: redirecting('/echo'), headers: secrets });
    expect(received.at(-1)?.request.headers).toMatchObject(secrets);
    await outbound(service, { url: redirecting(`${other}/echo`), headers: secrets });
    const abroad = received.at(-1)?.request.headers;
    expect(abroad).toMatchObject({ accept: 'text/plain' });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(abroad).not.toHaveProperty(name);
  });

  test('turn a POST into a GET, or keep it, and its body at home', async () => {
    const service = upstream({ send: following(3) });
    const post = { method: 'POST', body: 'secret', headers: { 'content-type': 'text/plain' } };
    await outbound(service, { url: redirecting('/echo', 303), ...post });
    expect(received.at(-1)).toMatchObject({ request: { method: 'GET' }, body: '' });
    await outbound(service, { url: redirecting('/echo', 307), ...post });
    expect(received.at(-1)).toMatchObject({ request: { method: 'POST' }, body: 'secret' });
    await expect(outbound(service, { url: redirecting(`${other}/echo`, 308), ...post })).rejects.toEqual(
      failure('refused'),
    );
  });

  test('end: a loop, a forbidden address, a name for one, plain http, nonsense', async () => {
    const service = upstream({ send: following(3) });
    const before = received.length;
    pages['/loop'] = (_, response) => response.writeHead(302, { location: '/loop' }).end();
    await expect(outbound(service, { url: `${base}/loop` })).rejects.toEqual(failure('refused'));
    expect(received.length - before).toBe(4);
    for (const to of ['http://169.254.169.254/', 'http://[::ffff:169.254.169.254]/', 'ftp://x/', 'http://['])
      await expect(outbound(service, { url: redirecting(to) }), to).rejects.toEqual(failure('refused'));
    const url = `${secure}/?${new URLSearchParams({ to: `${base}/echo` })}`;
    await expect(outbound(service, { url })).rejects.toEqual(failure('refused'));
  });
});
