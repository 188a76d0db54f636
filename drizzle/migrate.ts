import { parseArgs } from 'node:util';
import { getMigrationUrl } from '#lib/config/migration-url.ts';
import { migrateUp } from './migrator/migrate-up.ts';
import { MigrationError } from './migrator/migration-error.ts';
import type { Status } from './migrator/read-status.ts';
import { MigrationCommand, runMigrationCommand } from './migrator/run-command.ts';

const usage = `Usage: npm run db:migrate [-- --accept-drift]
       npm run db:rollback [-- --to NNNN] [--allow-data-loss]
       npm run db:status

The database is DATABASE_MIGRATION_URL, or DATABASE_URL. Exit code: 0 when all is well, 1 otherwise, also for a status that is not.`;

/** Brings the database to the newest schema; two at once take turns. Returns how many migrations were applied. */
export async function migrateDatabase(databaseUrl: string): Promise<number> {
  return (await migrateUp(databaseUrl)).length;
}

function readCommand(): MigrationCommand {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      to: { type: 'string' },
      'allow-data-loss': { type: 'boolean' },
      'accept-drift': { type: 'boolean' },
    },
  });
  const { to, 'allow-data-loss': allowDataLoss, 'accept-drift': acceptDrift } = values;
  const given = { command: positionals[0] ?? 'migrate', to, allowDataLoss, acceptDrift };
  return MigrationCommand.parse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
}

function describeStatus({ migrations, drift, invalidIndexes }: Status): { lines: string[]; isWell: boolean } {
  const lines = migrations.map(
    ({ name, state, appliedAt }) => `${name.padEnd(36)}${state} ${appliedAt ?? ''}`,
  );
  lines.push(
    drift === null
      ? 'drift: not known until the next migration is done'
      : drift.length === 0
        ? 'drift: none'
        : `drift: changed by hand since the last migration\n${drift.map((line) => `  ${line}`).join('\n')}`,
  );
  for (const name of invalidIndexes) lines.push(`invalid index: ${name}, which was not built to its end`);
  const isBehind = migrations.some(({ state }) => ['pending', 'changed on disk'].includes(state));
  return { lines, isWell: !isBehind && (drift ?? []).length === 0 && invalidIndexes.length === 0 };
}

if (import.meta.main) {
  let command: MigrationCommand;
  try {
    command = readCommand();
  } catch (error) {
    // Whatever it is: the caller gave it.
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(1);
  }
  try {
    const result = await runMigrationCommand(await getMigrationUrl(), command, { report: console.log });
    if (command.command === 'status') {
      const { lines, isWell } = describeStatus(result as Status);
      console.log(lines.join('\n'));
      process.exitCode = isWell ? 0 : 1;
    } else console.log(JSON.stringify(result));
  } catch (error) {
    if (!(error instanceof MigrationError || (error as Error).name === 'ConfigError')) throw error;
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
