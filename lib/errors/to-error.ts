import { inspect } from 'node:util';

/** Any thrown value as an Error that may be logged: without the parameters of a failed query, which are user data. Never throws. */
export function toError(thrown: unknown): Error {
  try {
    if (!(thrown instanceof Error))
      return new Error(typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 1 }));
    // Drizzle's error, known by its shape, for its class would bring Drizzle into every bundle.
    if ('query' in thrown && 'params' in thrown)
      return new Error(`query failed: ${thrown.query}`, { cause: thrown.cause });
    return thrown;
  } catch {
    return new Error('something was thrown that cannot be looked at');
  }
}
