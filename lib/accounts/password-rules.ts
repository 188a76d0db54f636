import { AppError } from '#lib/errors/app-error.ts';
import { isBlocklisted } from './is-blocklisted.ts';
import { passwordCharacters } from './schemas.ts';

const serviceName = 'plinth';
/** Shorter parts of a name occur in other words. */
const shortestWord = 4;

/**
 * Refuses a new password that is among the first to be guessed (NIST SP 800-63B-4, 3.1.1.2): `validation_failed` with a
 * pointer to its field. Length is the business of the schema, and there are no other rules.
 */
export function assertUncommon(
  password: string,
  account: { email: string; name: string },
  pointer: '/password' | '/newPassword',
): void {
  const refuse = (code: string, detail: string) => {
    throw new AppError('validation_failed', 'The password is easy to guess', {
      errors: [{ in: 'body', pointer, code, detail }],
    });
  };
  const text = fold(password);
  if (isRepetition(text) || isBlocklisted(text))
    refuse('common_password', 'is one of the passwords that are tried first');
  if ([...withoutContext(text, account)].length < passwordCharacters)
    refuse(
      'contextual_password',
      'must be as long without your name, your address and the name of this service',
    );
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** True for `aaaaaaaaaaaaaaa` and `abcdefgabcdefgabc`: a few characters, again and again. */
function isRepetition(text: string): boolean {
  const longest = Math.floor(text.length / 2);
  return Array.from({ length: longest }, (_, index) => index + 1).some((length) =>
    text.startsWith(text.slice(length)),
  );
}

/** The password as somebody sees it who knows whose it is. */
function withoutContext(text: string, { email, name }: { email: string; name: string }): string {
  const words = [email, ...email.split(/[@.+]/), ...name.split(/\s+/), serviceName]
    .map(fold)
    .filter((word) => word.length >= shortestWord)
    .sort((a, b) => b.length - a.length);
  return words.reduce((left, word) => left.replaceAll(word, ''), text);
}
