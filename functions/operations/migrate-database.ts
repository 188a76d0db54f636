import { MigrationCommand, runMigrationCommand } from '#drizzle/migrator/run-command.ts';
import { getMigrationUrl } from '#lib/config/migration-url.ts';
import { defineDeployTask } from '#lib/deploy/define-deploy-task.ts';

export const handler = defineDeployTask(
  {
    id: 'migrateDatabase',
    summary: 'Bring the database to the schema of this release, before its code gets traffic',
    timeoutSeconds: 900,
    command: MigrationCommand,
    onDeploy: { command: 'migrate' },
  },
  async (command, progress) => runMigrationCommand(await getMigrationUrl(), command, progress),
);
