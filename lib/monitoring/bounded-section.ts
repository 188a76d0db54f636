import { sql } from 'drizzle-orm';
import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { findServerError } from '#lib/db/sql-state.ts';
import { withTransaction } from '#lib/db/transaction.ts';

/** A part of a report, or why it is not there. */
export type Section<T> = { readonly value: T } | { readonly value: null; readonly reason: string };

// What a monitor may lack without being broken: time, a privilege, an extension, or its library.
const reasons: Record<string, string> = {
  '57014': 'PostgreSQL did not answer in time',
  '42501': 'The role of the application may not read this',
  '42P01': 'The extension is in a schema that is not in the search path',
  '55000': 'The extension is not loaded',
};

/** Thrown by what reads a part that is not there, with the reason. */
export class SectionUnavailable extends Error {}

/** Reads one part with what is left until `endsAtMs` of performance.now(), after which PostgreSQL itself ends the statement. */
export async function readSection<T>(
  ctx: Context<Actor>,
  endsAtMs: number,
  read: (tx: Transaction) => Promise<T>,
): Promise<Section<T>> {
  const leftMs = Math.floor(endsAtMs - performance.now());
  if (leftMs < 1) return { value: null, reason: 'The parts before took all the time' };
  try {
    return await withTransaction(ctx, async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(leftMs)}, true)`);
      return { value: await read(tx) };
    });
  } catch (error) {
    if (error instanceof SectionUnavailable) return { value: null, reason: error.message };
    const reason = reasons[String(findServerError(error)?.code)];
    if (!reason) throw error;
    return { value: null, reason };
  }
}
