// Named once, by what people call them; the cheap look, and in front of a value in text: `password=…`, `"token": "…"`, `Cookie: …`.
const names =
  'authorization|cookie|password|passwd|pwd|passphrase|token|secret|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature|otp|code';
const secretName = new RegExp(names, 'i');
// What contains a name and is none: the fields by which PostgreSQL and we name kinds of failures.
const harmlessName = /^(errorCode|statusCode|passwordless)$/;
// As a number it counts or measures: `removedTokens`, `tokenTtlSeconds`, `tokenAgeMs`, `cookieLength`. A `pwd` of 1234 does not.
const measuredName = /[a-z]s$|Ms$|Count$|Length$/;
// Node's ECONNRESET, SQLSTATE 23505, our slug_taken. The codes of people have six digits, or 24 letters with dashes.
const harmlessCode = /^([A-Z][A-Z0-9_]{2,40}|[0-9A-Z]{5}|[a-z]{2,20}(_[a-z]{1,20}){0,5}|[0-9]{1,3})$/;

// Ids, paths, times and the names of operations, which nearly all values are: no pattern below begins with these characters alone.
const isPlain = /^(?:[a-z0-9./{}-]{0,200}|[a-z][A-Za-z]{0,30}|[A-Z]{0,8})$/;
const mayHideSecret = new RegExp(
  `${names}|eyJ|plk_|A[KS]IA|@|%(?:25){0,3}40|bearer|basic|digest|[\\w-]{40}`,
  'i',
);
// A URL within a URL is percent-encoded, once for each level.
const encoded = (hex: string) => `%(?:25){0,3}${hex}`;
const space = `(?:\\s|${encoded('20')}|\\+)`;
const quote = `(?:\\\\{0,3}["']|${encoded('2[27]')})`;
const separator = `${quote}?${space}{0,3}(?:[:=]{1,2}>?|${encoded('3[AD]')})${space}{0,3}`;
const bearer = new RegExp(`\\b(bearer|basic|digest)(${space}+)[\\w.~+/=%-]{6,}`, 'gi');
const cookie = new RegExp(`((?:set-)?cookie${separator})[^\\r\\n]+`, 'gi');
// What the patterns before it have redacted stays as they left it.
const isDone = `(?![:=>]{0,2}(?:(?:bearer|basic|digest)${space}+)?\\[redacted\\](?:$|[\\s"'&,;})%]))`;
const quoted = '\\\\{0,3}"[^"]*"?|\\\\{0,3}\'[^\']*\'?';
const keyed = new RegExp(
  `(${names})([\\w-]{0,30}${separator})${isDone}(${quoted}|[[{]|[^\\s"'&,;})\\]]+)`,
  'gi',
);
// Headers as lists. Only the first of a list may have any such name: columns of SQL stand beside each other in quotes, too.
const paired = new RegExp(
  `((?:\\[\\s{0,3}${quote}[\\w-]{0,30}(?:${names})[\\w-]{0,30}|${quote}(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-csrf-token))${quote}\\s{0,3},\\s{0,3})(?:${quoted})`,
  'gi',
);

// No class reaches into the next URL, or many of them would be read again for each. What is encoded once more belongs to user or password.
const userinfo = /:\/\/[^\s/?#"'<>:]{0,200}:(?:(?!:\/\/)[^\s"'<>]){0,500}@/g;
const encodedUserinfo =
  /%((?:25){0,3})2F%\1(?:2F)(?:(?!%\1(?:2F|3A))[^\s/?#"'<>]){0,200}%\1(?:3A)(?:(?:(?!%\1(?:2F|40))[^\s"'<>]){0,500}%\1(?:40))+/gi;
const bracketOrQuote = /\\+["']?|["'[\]{}]/g;
const depths: Record<string, number> = { '[': 1, '{': 1, ']': -1, '}': -1 };

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
  if (!isSecret || typeof value === 'boolean') return false;
  if (typeof value === 'number' && measuredName.test(name)) return false;
  return !(name === 'code' && harmlessCode.test(String(value)));
}

/** True for what follows the name of a secret in a list: `['authorization', 'Bearer …']`, and so on as in `rawHeaders` of Node. */
export function isSecretItem(list: readonly unknown[], index: number): boolean {
  if (index % 2 === 0 || list.length % 2 === 1) return false;
  const name = list[index - 1];
  return typeof name === 'string' && /^[\w-]{1,60}$/.test(name) && isSecretField(name, list[index]);
}

/**
 * Text without what looks like a secret: bearer and API keys, JWTs, cookies, `password=…`, credentials in URLs, AWS key ids, long random
 * words, and addresses of people. Every pattern is linear, or bounded in what it looks back at.
 */
export function redactText(text: string): string {
  if (isPlain.test(text) || !mayHideSecret.test(text)) return text;
  const withoutForms = text
    .replace(/eyJ[\w-]{6,}(\.[\w-]*){0,4}/g, redacted)
    .replace(/plk_\w+/g, redacted)
    .replace(bearer, `$1$2${redacted}`)
    .replace(cookie, `$1${redacted}`)
    .replace(paired, `$1"${redacted}"`)
    .replace(userinfo, `://${redacted}@`)
    .replace(encodedUserinfo, redacted);
  return redactKeyed(withoutForms)
    .replace(/\bA[KS]IA[A-Z0-9]{12,}/g, redacted)
    .replace(/[\w.+-]{1,64}(?:@|%(?:25){0,3}40)[\w-]{1,64}\.[\w.-]{1,190}/g, '[email]')
    .replace(/[\w-]{40,}/g, (word) => (isRandom(word) ? redacted : word));
}

/** Without the values of secret names, lists and objects as a whole. */
function redactKeyed(text: string): string {
  let told = '';
  let end = 0;
  keyed.lastIndex = 0;
  for (let found = keyed.exec(text); found !== null; found = keyed.exec(text)) {
    const [, name = '', between = '', value = ''] = found;
    const valueAt = found.index + name.length + between.length;
    if (isHarmless(wordAt(text, found.index), name, value)) {
      // Which may name a secret itself.
      keyed.lastIndex = valueAt;
      continue;
    }
    told += text.slice(end, valueAt) + redacted;
    end = value === '[' || value === '{' ? endOfNested(text, valueAt) : keyed.lastIndex;
    keyed.lastIndex = end;
  }
  return told + text.slice(end);
}

function isHarmless(word: string, name: string, value: string): boolean {
  return harmlessName.test(word) || (name === 'code' && harmlessCode.test(value.replace(/[\\"']/g, '')));
}

/** The word around `index`, as far as a harmless name would reach. */
function wordAt(text: string, index: number): string {
  const [before = ''] = /[\w-]*$/.exec(text.slice(Math.max(0, index - 20), index)) ?? [];
  const [after = ''] = /^[\w-]*/.exec(text.slice(index, index + 20)) ?? [];
  return before + after;
}

/** Where the list or object that begins at `start` ends: the end of the text when it was cut. Quotes may be escaped, as in JSON in JSON. */
function endOfNested(text: string, start: number): number {
  let depth = 0;
  let opening = '';
  for (const { 0: sign, index } of text.slice(start).matchAll(bracketOrQuote)) {
    if (/["']$/.test(sign)) opening = openingAfter(sign, opening);
    else if (opening === '') depth += depths[sign] ?? 0;
    if (depth === 0) return start + index + 1;
  }
  return text.length;
}

/** The quote of the string that goes on after `sign`. It ends with as many backslashes, after any number of escaped backslashes. */
function openingAfter(sign: string, opening: string): string {
  if (opening === '') return sign;
  const isSame = sign.at(-1) === opening.at(-1);
  return isSame && (sign.length - opening.length) % (2 * opening.length) === 0 ? '' : opening;
}

/** Digits, capitals and small letters in one long word: a key, not a name. */
function isRandom(word: string): boolean {
  return /\d/.test(word) && /[A-Z]/.test(word) && /[a-z]/.test(word);
}
