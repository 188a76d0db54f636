import httpJsonBodyParser from '@middy/http-json-body-parser';
import { AppError } from '#lib/errors/app-error.ts';
import type { Exchange, Middleware } from './middleware.ts';

/** Larger than any valid input of today's operations (16 KB metadata and 4 KB text, escaped). */
export const bodyLimitBytes = 128 * 1024;

/** Reads a JSON body: refuses it by size and media type before parsing, and text that PostgreSQL cannot store. */
export function jsonBody(): Middleware {
  const parser = httpJsonBodyParser({ reviver: refuseUnstorableText });
  return {
    before(exchange) {
      assertSize(exchange);
      try {
        exchange.event.body ??= '';
        parser.before?.(exchange as never);
      } catch (error) {
        throw toAppError(error);
      }
    },
  };
}

function assertSize({ event: { body, isBase64Encoded } }: Exchange): void {
  const text = typeof body === 'string' ? body : '';
  const sizeBytes = isBase64Encoded ? (text.length * 3) / 4 : Buffer.byteLength(text);
  if (sizeBytes > bodyLimitBytes)
    throw new AppError('body_too_large', `The body may have at most ${bodyLimitBytes} bytes`);
}

class UnstorableTextError extends Error {}

// PostgreSQL text has no NUL, and UTF-8 has no lone surrogates: neither could be stored and read back.
function refuseUnstorableText(key: string, value: unknown): unknown {
  for (const text of [key, value])
    if (typeof text === 'string' && (text.includes('\u0000') || !text.isWellFormed()))
      throw new UnstorableTextError();
  return value;
}

/** The parser reports failures as errors with a status and a cause; a wrong media type is the only 415. */
function toAppError(error: unknown): unknown {
  const { statusCode, cause } = error as {
    statusCode?: number;
    cause?: { message?: string; data?: unknown };
  };
  if (statusCode === 415) return new AppError('unsupported_media_type', 'The body must be application/json');
  if (statusCode !== 422) return error;
  return new AppError('malformed_json', cause?.message ?? 'The body is not valid JSON');
}
