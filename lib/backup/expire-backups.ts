import { listBackups } from './list-backups.ts';
import { manifestPath } from './manifest.ts';
import type { BackupStore } from './store.ts';

const dayMs = 86_400_000;
// Longer than a backup may take.
const unfinishedMs = dayMs;

/**
 * Removes the backups that are older than so many days, but never `goodId`, which is known to be good, nor what is newer than it; and what
 * was not finished within a day. Returns how many.
 */
export async function expireBackups(
  store: BackupStore,
  { now, retentionDays, goodId }: { now: Date; retentionDays: number; goodId: string },
): Promise<number> {
  const backups = await listBackups(store);
  // By the earlier of our clock and that of PostgreSQL: one that jumps ahead must not make everything old.
  const good = backups.find(({ id }) => id === goodId);
  const nowMs = Math.min(now.getTime(), good?.takenAt.getTime() ?? 0);
  const isOutdated = (takenAt: Date, afterMs: number) => nowMs - takenAt.getTime() > afterMs;
  const outdated = backups.filter(
    ({ id, takenAt, isFinished }) =>
      id < goodId && isOutdated(takenAt, isFinished ? retentionDays * dayMs : unfinishedMs),
  );
  for (const { id, paths } of outdated) {
    // First: what is removed in part must not pass for a backup.
    await store.remove(manifestPath(id));
    for (const path of paths) await store.remove(path);
  }
  return outdated.length;
}
