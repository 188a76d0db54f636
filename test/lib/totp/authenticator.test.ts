import { Secret } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { attemptDelaySeconds } from '#lib/totp/attempt-delay.ts';
import { createSecret, findTimeStep, otpauthUriOf } from '#lib/totp/authenticator.ts';

// RFC 6238, appendix B, for SHA-1; the last six of its eight digits.
const secret = Secret.fromLatin1('12345678901234567890').base32;
const vectors = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
] as const;

test.each(vectors)('at %i s the code is %s, as RFC 6238 says', (seconds, code) => {
  expect(findTimeStep(secret, code, new Date(seconds * 1000))).toBe(Math.floor(seconds / 30));
});

describe('a code', () => {
  const [seconds, code] = vectors[3];
  const step = Math.floor(seconds / 30);

  test('of the time step before or after is accepted as what it is', () => {
    for (const skewSeconds of [-30, 30])
      expect(findTimeStep(secret, code, new Date((seconds + skewSeconds) * 1000))).toBe(step);
  });

  test('of a time step further away is not', () => {
    for (const skewSeconds of [-60, 60])
      expect(findTimeStep(secret, code, new Date((seconds + skewSeconds) * 1000))).toBeUndefined();
  });

  test('that is wrong, or of another length, is not', () => {
    for (const wrong of ['005925', '5924', '', '89005924'])
      expect(findTimeStep(secret, wrong, new Date(seconds * 1000)), wrong).toBeUndefined();
  });
});

test('a secret has 160 bits and is another one each time', () => {
  expect(Secret.fromBase32(createSecret()).bytes).toHaveLength(20);
  expect(createSecret()).not.toBe(createSecret());
});

test('the URI says to the app what it needs, with the account escaped', () => {
  const uri = otpauthUriOf(secret, { issuer: 'api.example.com', account: "o'neil+a@example.com" });
  expect(uri).toBe(
    `otpauth://totp/api.example.com:o'neil%2Ba%40example.com?issuer=api.example.com&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
  );
});

test('two failures are free, then the delay doubles up to fifteen minutes', () => {
  expect([0, 1, 2, 3, 4, 5, 9, 10, 11, 5_000].map(attemptDelaySeconds)).toEqual([
    0, 0, 0, 8, 16, 32, 512, 900, 900, 900,
  ]);
});
