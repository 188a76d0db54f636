import type { Rows } from './connection.ts';

/** A statement that is sent when its result is asked for, as Drizzle expects it of postgres.js. */
export interface Statement extends PromiseLike<Rows> {
  /** The rows as arrays. */
  values(): Promise<Rows>;
}

export function createStatement(send: (isArrays: boolean) => Promise<Rows>): Statement {
  return {
    // biome-ignore lint/suspicious/noThenProperty: Drizzle awaits the statement, or calls `values`.
    then: (resolve, reject) => send(false).then(resolve, reject),
    values: () => send(true),
  };
}

const writes = /\b(insert|update|delete|merge|into|truncate|call|nextval|setval|set_config|pg_notify)\b/i;

/** Whether running the statement twice changes nothing; words in literals and names only make it more careful. */
export function isRead(text: string): boolean {
  return /^\s*(select|with)\b/i.test(text) && !writes.test(text);
}
