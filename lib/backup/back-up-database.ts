import * as z from 'zod';
import { getConfig } from '#lib/config/get-config.ts';
import type { Config } from '#lib/config/schema.ts';
import { Continuation, type JobContext, type JobResult } from '#lib/jobs/job-spec.ts';
import { logger } from '#lib/observability/logger.ts';
import { createBackupKey } from './backup-keys.ts';
import { createBackup, type Vault } from './create-backup.ts';
import { expireBackups } from './expire-backups.ts';
import { openBackup, verifyTable } from './open-backup.ts';
import { driftOf } from './schema-drift.ts';
import { openStore } from './store.ts';

/** What has been verified of a backup that is made. */
const Checkpoint = z.object({ backupId: z.string(), nextTable: z.int().nonnegative() });

/**
 * Makes a backup, in another invocation reads all of it again, from table to table over as many invocations as that takes, and only then
 * removes those that are older than BACKUP_RETENTION_DAYS. Does nothing where BACKUP_URL is not set.
 */
export async function backUpDatabase(ctx: JobContext, checkpoint: unknown): Promise<JobResult> {
  const config = getConfig();
  if (config.BACKUP_URL === '') return { skipped: 'BACKUP_URL is not set' };
  const vault = openVault(config);
  const { signal } = ctx;
  if (checkpoint === undefined) {
    const source = { url: config.DATABASE_URL, stage: config.PLINTH_STAGE, release: config.RELEASE };
    const { id } = await createBackup(source, vault, signal, ctx.progress);
    return new Continuation({ backupId: id, nextTable: 0 });
  }
  const { backupId, nextTable } = Checkpoint.parse(checkpoint);
  const manifest = await openBackup(vault, backupId);
  for (const [number, table] of [...manifest.tables.entries()].slice(nextTable)) {
    ctx.progress(number, manifest.tables.length);
    try {
      await verifyTable(vault, manifest, table, signal);
    } catch (error) {
      // The next invocation reads this table from its beginning.
      if (signal.reason === 'timed_out') return new Continuation({ backupId, nextTable: number });
      throw error;
    }
  }
  const { BACKUP_RETENTION_DAYS: retentionDays } = config;
  const expired = await expireBackups(vault.store, { now: ctx.now, retentionDays, goodId: backupId });
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const drift = driftOf(manifest);
  if (drift.length > 0) logger.warn('a restore of this backup will need --accept-drift', { backupId, drift });
  const { createdAt, tables } = manifest;
  return { backupId, createdAt, tables: tables.length, rows, expired, ...(drift.length > 0 && { drift }) };
}

/** The store and key of the settings, which are set. */
export function openVault({ BACKUP_URL, BACKUP_KEY }: Config): Vault {
  return { store: openStore(BACKUP_URL), key: createBackupKey(BACKUP_KEY) };
}
