import { AppError } from '#lib/errors/app-error.ts';
import type { TriedRequest } from '#lib/monitoring/validate-authentication.ts';
import { authorize } from './authorize.ts';
import type { HttpRequest } from './http-request.ts';
import { type AuthenticationState, identify } from './identify.ts';

/** The code a request is refused with by the middlewares that every endpoint has, or undefined when they let it in. Not counted. */
export async function tryRequest(
  { method = 'GET', headers = {}, cookies = {}, generation = -1 }: TriedRequest,
  now: Date,
): Promise<string | undefined> {
  const request = { method, headers, cookies, now, actor: undefined } as unknown as HttpRequest;
  const internal: AuthenticationState = {};
  const exchange = { event: request, internal } as never;
  try {
    await identify().before?.(exchange);
    internal.generation = generation;
    await authorize('authenticated').before?.(exchange);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code;
  }
}
