import httpJsonBodyParser from '@middy/http-json-body-parser';
import { AppError } from '#lib/errors/app-error.ts';

// Deep enough for any document of people; recursion over it, ours and PostgreSQL's, stays far from its limits.
const depthLimit = 64;

const parser = httpJsonBodyParser({ reviver: refuseUnstorable, disableContentTypeCheck: true });

/** The value of a JSON text; throws `malformed_json` for what cannot be read, or not be stored. */
export function parseJson(text: string): unknown {
  const event: { body: unknown } = { body: text };
  try {
    parser.before?.({ event } as never);
  } catch (error) {
    throw toAppError(error);
  }
  assertDepth(event.body, depthLimit);
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

function assertDepth(value: unknown, remaining: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (remaining === 0)
    throw new AppError('malformed_json', `The JSON is nested deeper than ${depthLimit} levels`);
  for (const member of Object.values(value)) assertDepth(member, remaining - 1);
}

/** The parser reports what it cannot read as an error with the status 422. */
function toAppError(error: unknown): unknown {
  if (error instanceof UnstorableError) return new AppError('malformed_json', error.message);
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 422 ? new AppError('malformed_json', 'The text is not valid JSON') : error;
}
