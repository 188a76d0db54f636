// Named once, by what people call them; the cheap look, and in front of a value in text: `password=…`, `"token": "…"`, `Cookie: …`.
const names =
  'authorization|cookie|password|passwd|pwd|passphrase|token|secret|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature|otp|code';
const secretName = new RegExp(names, 'i');
// What contains a name and is none: counts, and the fields by which PostgreSQL and we name kinds of failures.
const harmlessName = /^(tokens|errorCode|statusCode|codes?Count|.*Count|passwordless)$/;
// Node's ECONNRESET, SQLSTATE 23505, our slug_taken. The codes of people have six digits, or 24 letters with dashes.
const harmlessCode = /^([A-Z][A-Z0-9_]{2,40}|[0-9A-Z]{5}|[a-z]{2,20}(_[a-z]{1,20}){0,5}|[0-9]{1,3})$/;

// Ids, paths, times and the names of operations, which nearly all values are: no pattern below begins with these characters alone.
const isPlain = /^(?:[a-z0-9./{}-]{0,200}|[a-z][A-Za-z]{0,30}|[A-Z]{0,8})$/;
const mayHideSecret = new RegExp(`${names}|eyJ|plk_|A[KS]IA|@|bearer|basic|digest|[\\w-]{40}`, 'i');
// What the patterns before it have redacted stays as they left it.
const isDone = '(?!(?:(?:bearer|basic|digest)\\s+)?\\[redacted\\](?:$|[\\s"\'&,;})]))';
const keyed = new RegExp(
  `(${names})([\\w-]{0,30}\\\\{0,3}["']?\\s{0,3}[:=]\\s{0,3})${isDone}(\\\\{0,3}"[^"]*"?|\\\\{0,3}'[^']*'?|[^\\s"'&,;})\\]]+)`,
  'gi',
);

/** What stands where a secret was. */
export const redacted = '[redacted]';

const verdicts = new Map<string, boolean>();
// Names of fields are few; those that clients choose must not fill the memory.
const maxVerdicts = 1_000;

/** True for a field whose value is not to be seen, whatever it is; `code` is judged by its value. */
export function isSecretField(name: string, value: unknown): boolean {
  let isSecret = verdicts.get(name);
  if (isSecret === undefined) {
    isSecret = secretName.test(name) && !harmlessName.test(name);
    if (verdicts.size < maxVerdicts) verdicts.set(name, isSecret);
  }
  return isSecret && !(name === 'code' && harmlessCode.test(String(value)));
}

/**
 * Text without what looks like a secret: bearer and API keys, JWTs, cookies, `password=…`, credentials in URLs, AWS key ids, long random
 * words, and addresses of people. Every pattern is linear, or bounded in what it looks back at.
 */
export function redactText(text: string): string {
  if (isPlain.test(text) || !mayHideSecret.test(text)) return text;
  return text
    .replace(/eyJ[\w-]{6,}(\.[\w-]*){0,4}/g, redacted)
    .replace(/plk_\w+/g, redacted)
    .replace(/\b(bearer|basic|digest)(\s+)[\w.~+/=-]{6,}/gi, `$1$2${redacted}`)
    .replace(/((?:set-)?cookie["']?\s{0,3}[:=]\s{0,3})[^\r\n]+/gi, `$1${redacted}`)
    .replace(/:\/\/[^\s/?#"'<>]{0,200}?:[^\s"'<>]{0,500}@/g, `://${redacted}@`)
    .replace(keyed, (whole: string, name: string, between: string, value: string) =>
      name === 'code' && harmlessCode.test(value.replace(/[\\"']/g, ''))
        ? whole
        : `${name}${between}${redacted}`,
    )
    .replace(/\bA[KS]IA[A-Z0-9]{12,}/g, redacted)
    .replace(/[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,190}/g, '[email]')
    .replace(/[\w-]{40,}/g, (word) => (isRandom(word) ? redacted : word));
}

/** Digits, capitals and small letters in one long word: a key, not a name. */
function isRandom(word: string): boolean {
  return /\d/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word);
}
