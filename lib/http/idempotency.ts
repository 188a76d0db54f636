import { createHash } from 'node:crypto';
import { AppError } from '#lib/errors/app-error.ts';
import { runOnce } from '#lib/idempotency/run-once.ts';
import type { HttpRequest } from './http-request.ts';
import type { Around, HttpResponse } from './middleware.ts';

/** Honours `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key and request get the same answer. */
export async function answerOnce(...[request, ctx, respond]: Parameters<Around>): Promise<HttpResponse> {
  const key = parseKey(request.headers['idempotency-key']);
  if (key === undefined) return respond(ctx);
  const { actor } = ctx;
  // Keys are of a caller; the type of a public spec has no place for this.
  if (!actor) throw new Error('whoever sends an Idempotency-Key has to be known');
  const { status, headers, body, isReplay } = await runOnce(
    { ...ctx, actor },
    { key, requestHash: digest(request) },
    async (inner) => {
      const response = await respond(inner);
      return {
        status: response.statusCode ?? 200,
        headers: response.headers as Record<string, string>,
        body: response.body ?? '',
      };
    },
  );
  return {
    statusCode: status,
    headers: isReplay ? { ...headers, 'idempotency-replayed': 'true' } : headers,
    body,
  };
}

/** Bare, or quoted as a structured field; 1 to 255 visible characters. */
function parseKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(header.trim())?.[1] ?? header.trim();
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new AppError('validation_failed', 'The Idempotency-Key cannot be used', {
    errors: [
      {
        in: 'header',
        pointer: '/idempotency-key',
        code: 'invalid_format',
        detail: 'must be 1 to 255 visible characters',
      },
    ],
  });
}

function digest({ method, path, body }: HttpRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([method, path, body]))
    .digest('hex');
}
