import type { CopyConnection } from '#lib/db/copy-connection.ts';

/**
 * What must not come back to life with the database of an earlier day, each with its reason; docs/backup.md tells the operator. The rows
 * are in the backup all the same.
 */
const settlements = {
  // Sessions that were ended since would live again, and a used refresh token be good once more: everybody logs in anew.
  endedSessions: 'delete from sessions',
  // A link that has set a password since would do it again.
  removedAccountTokens: 'delete from account_tokens',
  // What was enqueued, mails too, has been done since, as far as it has effects elsewhere; a retry by an operator does it again.
  cancelledRuns: `
    update job_runs set state = 'cancelled', reason = 'restored from a backup', finished_at = now(), lease_until = null
    where state in ('scheduled', 'running', 'retrying')`,
  // The same of what was to be told; what has ended before the backup is told no more.
  closedNotifications: `update notifications set state = 'failed', next_attempt_at = null where state = 'pending'`,
  silencedRuns: `
    update job_runs set told_at = now() where state in ('failed', 'dead', 'timed_out', 'missed') and told_at is null`,
  // Slots that passed since the backup have run in the database before, or have nothing left to do: the ledger begins now.
  sweptJobs: 'update jobs set swept_until = now()',
} as const;

export type Settled = Readonly<Record<keyof typeof settlements, number>>;

/** Settles a restored database, in the transaction under way; returns how many rows each settlement changed. */
export async function settleRestored(connection: CopyConnection): Promise<Settled> {
  const counts: Record<string, number> = {};
  for (const [name, statement] of Object.entries(settlements)) {
    const [row] = await connection.send(
      `with changed as (${statement} returning 1) select count(*)::int as count from changed`,
    );
    counts[name] = Number(row?.count);
  }
  return counts as Settled;
}
