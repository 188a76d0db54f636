import { expect, test } from 'vitest';
import { assertUncommon } from '#lib/accounts/password-rules.ts';
import { ResetPasswordInput } from '#lib/accounts/schemas.ts';

const account = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' };

function codeOf(password: string): string | undefined {
  try {
    assertUncommon(password, account, '/newPassword');
  } catch (error) {
    const { code, options } = error as {
      code: string;
      options: { errors: { code: string; pointer: string }[] };
    };
    expect(code).toBe('validation_failed');
    expect(options.errors[0]?.pointer).toBe('/newPassword');
    return options.errors[0]?.code;
  }
  return undefined;
}

test.each([
  'correct horse battery staple',
  'correcthorsebatterystaple',
  '               x',
  'пароль из пяти слов',
  '🐘🦒🐘🦓🐘🦒🐘🦓🐘🦒🐘🦓🐘🦒!',
  'ada likes long walks by the sea',
  'f3Q-9dk2.xW_7pLm',
])('accepts %s', (password) => {
  expect(codeOf(password)).toBeUndefined();
});

test.each([
  ['on the list', '1qaz2wsx3edc4rfv'],
  ['on the list', '1QAZ2wsx3EDC4rfv'],
  ['two of the list', 'Password1234567'],
  ['two of the list', 'iloveyou12345678'],
  ['two of the list in wide letters', 'ｐａｓｓｗｏｒｄ１２３４５６７'],
  ['a repetition', 'aaaaaaaaaaaaaaaaaaaa'],
  ['a repetition', 'abcdefgabcdefgabc'],
])('refuses what is %s: %s', (_, password) => {
  expect(codeOf(password)).toBe('common_password');
});

test.each(['ada.lovelace@example.com', 'LovelaceLovelace-1', 'plinth-is-my-plinth', 'example.com lovelace'])(
  'refuses what is little more than name, address or service: %s',
  (password) => {
    expect(codeOf(password)).toBe('contextual_password');
  },
);

test('counts code points, at least 15 and at most 256', () => {
  const isAccepted = (password: string) => ResetPasswordInput.safeParse({ token: 't', password }).success;
  expect(isAccepted('x'.repeat(14))).toBe(false);
  expect(isAccepted('x'.repeat(15))).toBe(true);
  expect(isAccepted('🐘'.repeat(14))).toBe(false);
  expect(isAccepted('🐘'.repeat(15))).toBe(true);
  expect(isAccepted('x'.repeat(256))).toBe(true);
  expect(isAccepted('x'.repeat(257))).toBe(false);
  expect(isAccepted('🐘'.repeat(256))).toBe(true);
  expect(isAccepted('🐘'.repeat(257))).toBe(false);
});
