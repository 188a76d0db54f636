import { createLedger } from '#drizzle/migrator/ledger.ts';
import { readMigrations } from '#drizzle/migrator/migration-files.ts';
import type { CopyConnection } from '#lib/db/copy-connection.ts';
import { BackupError } from './backup-error.ts';
import type { Manifest } from './manifest.ts';

/**
 * Runs, in the transaction under way, the migrations that the backed-up database had, and no later one. Throws BackupError when this
 * release does not have all of them as they were.
 */
export async function rebuildSchema(
  connection: CopyConnection,
  migrations: Manifest['migrations'],
): Promise<void> {
  const known = new Map(readMigrations().map((migration) => [migration.createdAt, migration]));
  await connection.send(createLedger);
  for (const { createdAt, checksum } of migrations) {
    const migration = known.get(createdAt);
    if (!migration)
      throw new BackupError(
        `this release does not know a migration of the backup, of ${new Date(createdAt).toISOString()}: restore it with the release that made it`,
      );
    const { name, hash, up } = migration;
    if (checksum !== null && migration.checksum !== checksum)
      throw new BackupError(`migration ${name} is not what it was when the backup was made`);
    await connection.send(withoutConcurrently(up.text));
    await connection.send(
      `insert into drizzle.__drizzle_migrations (name, hash, created_at, checksum, applied_at, fingerprint, catalogue)
       select $1, $2, $3::text::bigint, $4, now(), md5(c::text), c from drizzle.schema_catalogue() as c`,
      [name, hash, String(createdAt), migration.checksum],
    );
  }
}

/** In an empty database there is nobody to be kept waiting, and in a transaction it is not allowed. */
export function withoutConcurrently(text: string): string {
  return text.replace(/\b((?:create(?:\s+unique)?|drop|reindex)\s+(?:index|table))\s+concurrently\b/gi, '$1');
}
