import { getConfig } from '#lib/config/get-config.ts';
import { CopyConnection } from '#lib/db/copy-connection.ts';
import type { JobContext, JobResult } from '#lib/jobs/job-spec.ts';
import { openVault } from './back-up-database.ts';
import { quoted } from './database-contents.ts';
import { openBackup } from './open-backup.ts';
import { restoreBackup } from './restore-backup.ts';

const scratchPrefix = 'plinth_drill_';
// Longer than a drill can take: what is older was left behind by one that was killed.
const leftBehindMs = 86_400_000;

/**
 * Restores the newest backup into a scratch database on the server of BACKUP_DRILL_URL, which checks everything that a real restore
 * checks, and drops it. Does nothing where BACKUP_URL or BACKUP_DRILL_URL is not set.
 */
export async function drillRestore(ctx: JobContext): Promise<JobResult> {
  const config = getConfig();
  const { BACKUP_URL, BACKUP_DRILL_URL } = config;
  if (BACKUP_URL === '' || BACKUP_DRILL_URL === '')
    return { skipped: 'BACKUP_URL or BACKUP_DRILL_URL is not set' };
  const vault = openVault(config);
  const manifest = await openBackup(vault);
  const server = new CopyConnection(BACKUP_DRILL_URL);
  const scratch = `${scratchPrefix}${ctx.now.getTime()}`;
  try {
    await dropScratch(server, ctx.now.getTime() - leftBehindMs, scratch);
    await server.send(`create database ${quoted(scratch)} template template0`);
    try {
      const url = new URL(BACKUP_DRILL_URL);
      url.pathname = `/${scratch}`;
      const { backupId, rows, seconds } = await restoreBackup(
        vault,
        manifest,
        url.href,
        ctx.signal,
        ctx.progress,
      );
      return { backupId, backupCreatedAt: manifest.createdAt, rows, seconds };
    } finally {
      await server.send(`drop database ${quoted(scratch)} with (force)`);
    }
  } finally {
    await server.close();
  }
}

/** Drops what an earlier attempt of this drill left behind, and what drills before it did. */
async function dropScratch(server: CopyConnection, olderThanMs: number, own: string): Promise<void> {
  const rows = await server.send('select datname as name from pg_database where datname like $1', [
    `${scratchPrefix.replaceAll('_', '\\_')}%`,
  ]);
  for (const { name } of rows as { name: string }[])
    if (name === own || Number(name.slice(scratchPrefix.length)) < olderThanMs)
      await server.send(`drop database if exists ${quoted(name)} with (force)`);
}
