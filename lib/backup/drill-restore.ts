import { randomBytes } from 'node:crypto';
import { getConfig } from '#lib/config/get-config.ts';
import { CopyConnection } from '#lib/db/copy-connection.ts';
import { getPostgresError } from '#lib/db/get-postgres-error.ts';
import type { JobContext, JobResult } from '#lib/jobs/job-spec.ts';
import { logger } from '#lib/observability/logger.ts';
import { openVault } from './back-up-database.ts';
import { quoted, sessionSettings } from './database-contents.ts';
import { openBackup } from './open-backup.ts';
import { restoreBackup } from './restore-backup.ts';

const scratchPrefix = 'plinth_drill_';
// As long as a drill may take. One of another stage may have made its database on this server, and not be connected to it yet.
const leftBehindSeconds = 900;
// By its own clock, which is one for all who use it.
const serverMs = 'floor(extract(epoch from clock_timestamp()) * 1000)';
const isInUse = '55006';

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
  const manifest = await openBackup(vault, undefined, ctx.now);
  const server = new CopyConnection(BACKUP_DRILL_URL);
  try {
    await server.send(sessionSettings);
    await dropLeftBehind(server);
    const [clock] = await server.send(`select ${serverMs}::text as ms`);
    // Of every attempt its own, also where stages share the server.
    const scratch = `${scratchPrefix}${clock?.ms}_${randomBytes(3).toString('hex')}`;
    await server.send(`create database ${quoted(scratch)} template template0`);
    try {
      const url = new URL(BACKUP_DRILL_URL);
      url.pathname = `/${scratch}`;
      const { backupId, rows, seconds, lost } = await restoreBackup(
        vault,
        manifest,
        url.href,
        ctx.signal,
        ctx.progress,
        // Whoever changed the schema by hand knows by the warnings; whether the rows come back is still to be tried.
        { acceptsDrift: true },
      );
      if (lost.length > 0) logger.warn('a restore does not make all of the schema', { backupId, lost });
      const result = { backupId, backupCreatedAt: manifest.createdAt, rows, seconds };
      return lost.length > 0 ? { ...result, lost } : result;
    } finally {
      await server.send(`drop database ${quoted(scratch)} with (force)`);
    }
  } finally {
    await server.close();
  }
}

/** Drops what drills of this role left behind when they were killed, unless somebody is connected to it. */
async function dropLeftBehind(server: CopyConnection): Promise<void> {
  const rows = await server.send(
    `select datname as name from pg_database
     where datname ~ $1 and pg_get_userbyid(datdba) = current_user
       and substring(datname from '\\d+')::numeric < ${serverMs} - ${leftBehindSeconds * 1000}
       and not exists (select from pg_stat_activity a where a.datid = oid and a.backend_type = 'client backend')`,
    [`^${scratchPrefix}\\d+(_[0-9a-f]{6})?$`],
  );
  for (const { name } of rows as { name: string }[])
    try {
      await server.send(`drop database if exists ${quoted(name)}`);
    } catch (error) {
      // Since a moment ago somebody is.
      if (getPostgresError(error)?.code !== isInUse) throw error;
    }
}
