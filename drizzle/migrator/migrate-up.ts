import { type Applied, acceptSchema, findDrift, prepareLedger, readLedger, recordApplied } from './ledger.ts';
import { MigrationError } from './migration-error.ts';
import { type Migration, readMigrations } from './migration-files.ts';
import { runScript } from './run-script.ts';
import { type SessionOptions, withSession } from './session.ts';

export interface MigrateOptions extends SessionOptions {
  readonly migrations?: readonly Migration[];
  /** Takes a schema that somebody has changed by hand for the right one. */
  readonly acceptDrift?: boolean | undefined;
}

/**
 * Brings a database to the newest schema of this release; two at once take turns. Migrations of newer releases stay. Throws MigrationError
 * when one fails, and before the first where the schema or a file is not what was applied. Gives the names of those that it applied.
 */
export async function migrateUp(url: string, options: MigrateOptions = {}): Promise<string[]> {
  return withSession(url, options, async (session) => {
    const { client, report } = session;
    await prepareLedger(client);
    const migrations = options.migrations ?? readMigrations();
    const applied = await readLedger(client);
    assertUnchanged(migrations, applied);
    const pending = pendingOf(migrations, applied);
    if (options.acceptDrift) await acceptSchema(client);
    else if (pending.length > 0) await assertNoDrift(client);
    report(
      pending.length === 0
        ? 'nothing to migrate'
        : `to migrate: ${pending.map(({ name }) => name).join(', ')}`,
    );
    for (const migration of pending)
      await runScript(session, migration.up, (sql, durationMs) => recordApplied(sql, migration, durationMs));
    return pending.map(({ name }) => name);
  });
}

/** What this release has and the database has not. */
export function pendingOf(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  return migrations.filter(({ createdAt }) => !applied.some((one) => one.createdAt === createdAt));
}

/** Migrations whose file is not what was applied. One of before there were checksums cannot be told. */
export function changedOf(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  return migrations.filter(({ createdAt, checksum }) =>
    applied.some((one) => one.createdAt === createdAt && one.checksum !== null && one.checksum !== checksum),
  );
}

function assertUnchanged(migrations: readonly Migration[], applied: readonly Applied[]): void {
  const changed = changedOf(migrations, applied);
  if (changed.length === 0) return;
  throw new MigrationError(
    `Changed after they were applied: ${changed.map(({ up }) => `drizzle/${up.file}`).join(', ')}. Nothing was migrated.\nBring the files back as they were, and write what is new into a migration of its own.`,
  );
}

async function assertNoDrift(client: Parameters<typeof findDrift>[0]): Promise<void> {
  const drift = await findDrift(client);
  if (drift === undefined || drift.length === 0) return;
  throw new MigrationError(
    `Somebody has changed the schema by hand. Nothing was migrated.\n${drift.map((line) => `  ${line}`).join('\n')}\nUndo it, or take it as it is with npm run db:migrate -- --accept-drift.`,
  );
}
