import type postgres from 'postgres';

export interface SentStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

/** What the application's own pool has put on the wire in this test file, in order. */
export const sentStatements: SentStatement[] = [];

/** `postgres` as it is, except that the application's pool notes what it sends; connections of tests do not. */
export function observePostgres(original: typeof postgres): typeof postgres {
  const debug = (_connection: number, text: string, parameters: unknown[]) =>
    sentStatements.push({ text, parameters });
  const observed = (url: string, options: postgres.Options<Record<string, never>> = {}) =>
    original(url, options.connection?.application_name ? { ...options, debug } : options);
  return Object.assign(observed, original) as typeof postgres;
}
