import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppError } from '#lib/errors/app-error.ts';
import { applyRateLimits, principalOf } from '#lib/http/rate-limit.ts';
import { type RateLimitName, type RateWindow, rateLimits, type Usage } from '#lib/http/rate-limits.ts';

const fromAddress = (sourceIp: string) => principalOf({ sourceIp, actor: undefined } as never);

test('an IPv4 address is one principal, an IPv6 subscriber is one /64', () => {
  expect(fromAddress('192.0.2.1')).toBe('ip:192.0.2.1');
  const oneNetwork = ['2001:db8:0:7::1', '2001:0db8:0000:0007:ffff::', '2001:db8:0:7:1:2:3:4'].map(
    fromAddress,
  );
  expect(new Set(oneNetwork)).toEqual(new Set(['ip:2001:db8:0:7::/64']));
  expect(fromAddress('2001:db8:0:8::1')).not.toBe(oneNetwork[0]);
  expect(fromAddress('::ffff:192.0.2.1')).toBe('ip:192.0.2.1');
  expect(fromAddress('::1')).toBe('ip:0:0:0:0::/64');
});

test('a user is one principal from everywhere', () => {
  expect(principalOf({ sourceIp: '192.0.2.1', principal: 'user:u1' } as never)).toBe('user:u1');
});

const resetMs = 1_500;

function apply(usages: Usage[], isAlone = false) {
  const responseHeaders: Record<string, string> = {};
  let refusal: unknown;
  try {
    applyRateLimits({ responseHeaders } as never, usages, isAlone);
  } catch (error) {
    refusal = error;
  }
  return { refusal, headers: responseHeaders };
}

const usageOf = (policy: RateLimitName, burstLeft: number, sustainedLeft: number): Usage => ({
  counter: { policy, principal: 'user:u1' },
  windows: [
    { left: burstLeft, resetMs },
    { left: sustainedLeft, resetMs: 2_000_000 },
  ],
});

test('the headers tell both windows of the route, and of other limits only those that refuse', () => {
  expect(apply([usageOf('write', 7, 500), usageOf('address', 9, 9)])).toEqual({
    refusal: undefined,
    headers: {
      'ratelimit-policy': '"write-burst";q=120;w=60, "write-sustained";q=3600;w=3600',
      ratelimit: '"write-burst";r=7;t=2, "write-sustained";r=500;t=2000',
    },
  });
  const { headers } = apply([usageOf('login', 7, 50), usageOf('account', -1, 3)]);
  expect(headers.ratelimit).toBe(
    '"login-burst";r=7;t=2, "login-sustained";r=50;t=2000, "account-burst";r=0;t=2, "account-sustained";r=3;t=2000',
  );
});

test('Retry-After is the longest wait of the windows that are exceeded, and of no other', () => {
  const waitOf = (...usages: Usage[]) => apply(usages).refusal;
  expect(waitOf(usageOf('write', -1, 9))).toMatchObject({
    code: 'rate_limited',
    message: 'At most 120 requests in 60 seconds',
    options: { retryAfterSeconds: 2 },
  });
  expect(waitOf(usageOf('write', -1, -1))).toMatchObject({ options: { retryAfterSeconds: 2000 } });
  expect(waitOf(usageOf('login', 1, 1), usageOf('account', -1, 1))).toMatchObject({
    message: 'At most 30 requests in 60 seconds',
    options: { retryAfterSeconds: 2 },
  });
});

test('an instance that counts alone refuses by a strict policy with 503, by others with 429', () => {
  const codeOf = (policy: RateLimitName) => (apply([usageOf(policy, -1, 9)], true).refusal as AppError).code;
  const policies = Object.keys(rateLimits) as RateLimitName[];
  expect(policies.filter((policy) => codeOf(policy) === 'unavailable')).toEqual([
    'login',
    'refresh',
    'account',
    'mail',
    'invite',
  ]);
  expect(policies.filter((policy) => codeOf(policy) === 'rate_limited')).toEqual([
    'read',
    'write',
    'address',
    'instance',
  ]);
});

test('in every policy a refill of the short window cannot make up for the long one', () => {
  for (const [policy, { burst, sustained }] of Object.entries(rateLimits)) {
    expect(burst.windowSeconds, policy).toBeLessThan(sustained.windowSeconds);
    expect(burst.limit, policy).toBeLessThan(sustained.limit);
    const refills = sustained.windowSeconds / burst.windowSeconds;
    expect(sustained.limit, policy).toBeLessThan(burst.limit * refills);
  }
});

test('the table of limits in the docs is what the code says', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/gate.md'), 'utf8');
  const rows = [...docs.matchAll(/^\| (\w+) \| (\d+ in \d+ s) \| (\d+ in \d+ s) \| (local|strict) \|/gm)];
  const textOf = ({ limit, windowSeconds }: RateWindow) => `${limit} in ${windowSeconds} s`;
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    Object.entries(rateLimits).map(([policy, { burst, sustained, whenAway }]) => [
      policy,
      textOf(burst),
      textOf(sustained),
      whenAway,
    ]),
  );
});
