import { findDrift, prepareLedger, readLedger, recordRolledBack } from './ledger.ts';
import { MigrationError } from './migration-error.ts';
import { type Migration, readMigrations } from './migration-files.ts';
import { runScript } from './run-script.ts';
import { type SessionOptions, withSession } from './session.ts';

export interface RollBackOptions extends SessionOptions {
  readonly migrations?: readonly Migration[];
  /** The number of the migration that stays the newest, as `0009`; without one, the last one applied is undone. */
  readonly to?: string | undefined;
  readonly allowDataLoss?: boolean | undefined;
}

/**
 * Undoes migrations, newest first, each as a whole. Refuses with MigrationError, before the first, what loses rows unless that is allowed,
 * and what this release has no file for. Gives the names of those that it undid.
 */
export async function rollBack(url: string, options: RollBackOptions = {}): Promise<string[]> {
  return withSession(url, options, async (session) => {
    const { client, report } = session;
    await prepareLedger(client);
    const undone = await choose(client, options);
    const losing = undone.filter(({ down }) => down.loses !== undefined);
    if (losing.length > 0 && !options.allowDataLoss)
      throw new MigrationError(
        `Nothing was undone: it would lose rows.\n${losing.map(({ name, down }) => `  ${name} loses ${down.loses}`).join('\n')}\nMake a backup, then say --allow-data-loss.`,
      );
    for (const migration of undone)
      await runScript(session, migration.down, (sql) => recordRolledBack(sql, migration));
    const drift = (await findDrift(client)) ?? [];
    if (undone.length > 0 && drift.length > 0)
      report(`the schema is not what it was before:\n${drift.map((line) => `  ${line}`).join('\n')}`);
    return undone.map(({ name }) => name);
  });
}

async function choose(client: Parameters<typeof readLedger>[0], { migrations, to }: RollBackOptions) {
  const known = migrations ?? readMigrations();
  const applied = (await readLedger(client)).toReversed();
  const keep = to === undefined ? undefined : known.find(({ name }) => name.startsWith(`${to}_`));
  const count =
    to === undefined
      ? Math.min(1, applied.length)
      : applied.findIndex(({ createdAt }) => createdAt === keep?.createdAt);
  if (count < 0)
    throw new MigrationError(`There is no migration ${to} in this database. Nothing was undone.`);
  return applied.slice(0, count).map(({ createdAt, name }) => {
    const migration = known.find((one) => one.createdAt === createdAt);
    if (migration) return migration;
    throw new MigrationError(
      `This release has no files of ${name ?? createdAt}. Nothing was undone.\nRoll back with the release that has applied it.`,
    );
  });
}
