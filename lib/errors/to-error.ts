import { inspect } from 'node:util';

/** Any thrown value as an Error, so that it can be logged. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 1 }));
}
