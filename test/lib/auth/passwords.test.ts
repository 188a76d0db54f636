import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from '#lib/auth/passwords.ts';

test('a password fits its own hash only, and each hash has a salt of its own', async () => {
  const [one, other] = await Promise.all([hashPassword('pässword'), hashPassword('pässword')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(one).not.toBe(other);
  expect(await verifyPassword('pässword', one)).toBe(true);
  expect(await verifyPassword('passwort', one)).toBe(false);
});

test('verifies a hash made elsewhere with other costs', async () => {
  // Computed with argon2-cffi 25.1: hash_secret(b'password', b'somesalt', t=1, m=64, p=1, hash_len=24, Type.ID).
  const hash = '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$ZVrRXqxlLcWfcXCnMyv0m4Rpvh/bnCi7';
  expect(await verifyPassword('password', hash)).toBe(true);
});

test('without an account it is false after the same work', async () => {
  expect(await verifyPassword('password', undefined)).toBe(false);
});

test('a stored hash of another format is an error, not a wrong password', async () => {
  await expect(verifyPassword('password', '$2b$10$x')).rejects.toThrow('PHC');
});

test('a password fits however its characters are composed', async () => {
  const hash = await hashPassword('ﬁancée Ⅷ'.normalize('NFC'));
  expect(await verifyPassword('fiancée VIII'.normalize('NFD'), hash)).toBe(true);
  expect(await verifyPassword('fiancee VIII', hash)).toBe(false);
});
