import { expect, test } from 'vitest';
import { countInInstance } from '#lib/http/instance-limit.ts';
import { principalOf } from '#lib/http/rate-limit.ts';

const fromAddress = (sourceIp: string) => principalOf({ sourceIp, actor: undefined } as never);

test('an IPv4 address is one principal, an IPv6 subscriber is one /64', () => {
  expect(fromAddress('192.0.2.1')).toBe('ip:192.0.2.1');
  const oneNetwork = ['2001:db8:0:7::1', '2001:0db8:0000:0007:ffff::', '2001:db8:0:7:1:2:3:4'].map(
    fromAddress,
  );
  expect(new Set(oneNetwork)).toEqual(new Set(['ip:2001:db8:0:7::/64']));
  expect(fromAddress('2001:db8:0:8::1')).not.toBe(oneNetwork[0]);
  expect(fromAddress('::1')).toBe('ip:0:0:0:0::/64');
});

test('a user is one principal from everywhere', () => {
  expect(principalOf({ sourceIp: '192.0.2.1', principal: 'user:u1' } as never)).toBe('user:u1');
});

test('the instance counts a window and begins a new one when it has ended', () => {
  expect(countInInstance('key', 1_000, 0)).toEqual({ count: 1, remainingMs: 1_000 });
  expect(countInInstance('key', 1_000, 999)).toEqual({ count: 2, remainingMs: 1 });
  expect(countInInstance('other', 1_000, 999)).toEqual({ count: 1, remainingMs: 1_000 });
  expect(countInInstance('key', 1_000, 1_000)).toEqual({ count: 1, remainingMs: 1_000 });
});

test('many addresses cannot fill the memory of the instance', () => {
  for (let address = 0; address < 10_001; address++) countInInstance(`flood:${address}`, 1_000, 0);
  expect(countInInstance('flood:0', 1_000, 0).count).toBe(1);
});
