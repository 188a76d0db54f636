import httpJsonBodyParser from '@middy/http-json-body-parser';
import { AppError } from '#lib/errors/app-error.ts';

// Deep enough for any document of people; recursion over it, ours and PostgreSQL's, stays far from its limits.
const depthLimit = 64;

const parser = httpJsonBodyParser({ reviver: refuseUnstorable, disableContentTypeCheck: true });

/** The value of a JSON text; throws `malformed_json` for what cannot be read, is ambiguous, or cannot be stored. */
export function parseJson(text: string): unknown {
  const event: { body: unknown } = { body: text };
  try {
    parser.before?.({ event } as never);
  } catch (error) {
    throw toAppError(error);
  }
  // JSON.parse keeps the last of two members with one name; others on the way may have gone by the first.
  if (countMembers(event.body, depthLimit) !== countNames(text))
    throw new AppError('malformed_json', 'The JSON has an object with two members of one name');
  return event.body;
}

class UnstorableError extends Error {}

// PostgreSQL text has no NUL, and UTF-8 has no lone surrogates: neither could be stored and read back.
function refuseUnstorable(key: string, value: unknown): unknown {
  for (const text of [key, value])
    if (typeof text === 'string' && (text.includes('\u0000') || !text.isWellFormed()))
      throw new UnstorableError('The JSON has a NUL or an unpaired surrogate in a text');
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    throw new UnstorableError('The JSON has a number out of range');
  return value;
}

/** How many members all objects in the value have; throws when it is nested deeper than `remaining` levels. */
function countMembers(value: unknown, remaining: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (remaining === 0)
    throw new AppError('malformed_json', `The JSON is nested deeper than ${depthLimit} levels`);
  const inner = Object.values(value);
  let members = Array.isArray(value) ? 0 : inner.length;
  for (const member of inner) members += countMembers(member, remaining - 1);
  return members;
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/** How many members a valid JSON text names: outside of strings, a colon follows each name and nothing else. */
function countNames(json: string): number {
  let names = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) isInString = !isInString;
    else if (code === colon && !isInString) names++;
  }
  return names;
}

/** The parser reports what it cannot read as an error with the status 422. */
function toAppError(error: unknown): unknown {
  const { statusCode, cause } = error as { statusCode?: number; cause?: unknown };
  const reason = [error, cause, (cause as { data?: unknown } | undefined)?.data].find(
    (candidate) => candidate instanceof UnstorableError,
  );
  if (reason) return new AppError('malformed_json', reason.message);
  return statusCode === 422 ? new AppError('malformed_json', 'The text is not valid JSON') : error;
}
