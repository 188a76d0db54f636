import { and, eq, gt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { idempotencyRecords } from '#lib/db/schema/idempotency-records.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { retentionHours } from './retention.ts';

export interface StoredResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What the caller chose to tell a repetition from a new request, and a digest of what it sent. */
export interface IdempotencyKey {
  readonly key: string;
  readonly requestHash: string;
}

/**
 * Runs `work` once per user (their API keys are no other callers) and key in 24 hours, and answers a repetition with the stored response. The record commits
 * in the transaction of the work: both are there, or neither, so a failure is not stored and may be repeated. Throws
 * `idempotency_key_reused` for another request under the key and `request_in_progress` while the first one runs.
 */
export function runOnce(
  ctx: Context,
  key: IdempotencyKey,
  work: (ctx: Context) => Promise<StoredResponse>,
): Promise<StoredResponse & { isReplay: boolean }> {
  return withTransaction(ctx, async (tx) => {
    await lock(tx, ctx, key);
    const stored = await find(tx, ctx, key);
    if (stored && stored.requestHash !== key.requestHash)
      throw new AppError(
        'idempotency_key_reused',
        'The key was used for another request in the last 24 hours',
      );
    if (stored) return { ...stored, isReplay: true };
    const response = await work({ ...ctx, db: tx });
    await store(tx, ctx, key, response);
    return { ...response, isReplay: false };
  });
}

// Ends with the transaction. Waiting for the row of the other request instead would hold a connection for as long as it runs.
async function lock(tx: Transaction, { actor }: Context, { key }: IdempotencyKey): Promise<void> {
  const scope = `idempotency:${actor.organizationId}:${actor.userId}:${key}`;
  const [row] = await tx.execute(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${scope}, 0)) as locked`,
  );
  if (row?.locked !== true)
    throw new AppError('request_in_progress', 'The first request with this key still runs', {
      retryAfterSeconds: 1,
    });
}

async function find(tx: Transaction, { actor }: Context, { key }: IdempotencyKey) {
  const [record] = await tx
    .select()
    .from(idempotencyRecords)
    .where(
      and(
        eq(idempotencyRecords.organizationId, actor.organizationId),
        eq(idempotencyRecords.userId, actor.userId),
        eq(idempotencyRecords.key, key),
        gt(idempotencyRecords.createdAt, sql`now() - make_interval(hours => ${retentionHours})`),
      ),
    );
  return record;
}

async function store(
  tx: Transaction,
  { actor }: Context,
  { key, requestHash }: IdempotencyKey,
  response: StoredResponse,
): Promise<void> {
  const { organizationId, userId } = actor;
  // An expired record that the job has not removed yet gives way.
  await tx
    .insert(idempotencyRecords)
    .values({ organizationId, userId, key, requestHash, ...response })
    .onConflictDoUpdate({
      target: [idempotencyRecords.organizationId, idempotencyRecords.userId, idempotencyRecords.key],
      set: { requestHash, ...response, createdAt: sql`now()` },
    });
}
