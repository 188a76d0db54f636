import { parseArgs } from 'node:util';
import { BackupError, StoreError } from '#lib/backup/backup-error.ts';
import { createBackupKey } from '#lib/backup/backup-keys.ts';
import { createBackup, type Vault } from '#lib/backup/create-backup.ts';
import type { Manifest } from '#lib/backup/manifest.ts';
import { openBackup, verifyTable } from '#lib/backup/open-backup.ts';
import { restoreBackup } from '#lib/backup/restore-backup.ts';
import { driftOf } from '#lib/backup/schema-drift.ts';
import { openStore } from '#lib/backup/store.ts';
import { ConfigError } from '#lib/config/parse-config.ts';
import { getPostgresError } from '#lib/db/get-postgres-error.ts';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { createSecret } from './create-secret.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { joinRunningStack } from './stack.ts';

const usage = `Usage: npm run db:backup  -- --to FOLDER|s3://bucket/prefix
       npm run db:verify  -- --from FOLDER|s3://bucket/prefix [--backup ID]
       npm run db:restore -- --from FOLDER|s3://bucket/prefix [--backup ID] [--accept-drift] --to postgres://…/new_database

Of several backups the newest is taken. BACKUP_KEY has the key; DATABASE_URL is what is backed up, and nothing is restored into it`;

export interface BackupArguments {
  readonly command: 'backup' | 'verify' | 'restore';
  readonly from: string;
  readonly to: string;
  readonly backup: string | undefined;
  /** Whether tables and columns that no migration makes are restored as they were. */
  readonly acceptsDrift: boolean;
}

/** What the command line asks for; throws LocalSetupError with the usage. */
export function readBackupArguments(args: string[]): BackupArguments {
  const { values, positionals } = parse(args);
  const [command] = positionals;
  const { from = '', to = '', backup, 'accept-drift': acceptsDrift = false } = values;
  const isComplete =
    (command === 'backup' && to !== '' && from === '') ||
    (command === 'verify' && from !== '' && to === '') ||
    (command === 'restore' && from !== '' && /^postgres(ql)?:\/\//.test(to));
  if (
    !isComplete ||
    positionals.length !== 1 ||
    (command === 'backup' && backup) ||
    (command !== 'restore' && acceptsDrift)
  )
    throw new LocalSetupError(usage);
  return { command, from, to, backup, acceptsDrift };
}

function parse(args: string[]) {
  try {
    const text = { type: 'string' } as const;
    const options = { from: text, to: text, backup: text, 'accept-drift': { type: 'boolean' } } as const;
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    // An option that there is not: the caller gave it.
    throw new LocalSetupError(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Backs up, verifies or restores, and returns what to print; throws BackupError when that cannot be done. */
export async function runBackupCommand(
  { command, from, to, backup, acceptsDrift }: BackupArguments,
  environment: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<Record<string, unknown>> {
  const { BACKUP_KEY = '', DATABASE_URL = '', PLINTH_STAGE = 'local', RELEASE = 'development' } = environment;
  if (command === 'restore' && isSameDatabase(to, DATABASE_URL))
    throw new BackupError('this is the live database, DATABASE_URL: restore into a new one');
  const vault = { store: openStore(command === 'backup' ? to : from), key: createBackupKey(BACKUP_KEY) };
  const { signal } = new AbortController();
  const progress = (done: number, total: number) => report(`table ${done + 1} of ${total}`);
  if (command === 'restore') {
    const manifest = await openBackup(vault, backup, new Date());
    report(`restores ${manifest.id}, of ${manifest.createdAt}, release ${manifest.release}`);
    const { lost, ...restored } = await restoreBackup(vault, manifest, to, signal, progress, {
      acceptsDrift,
    });
    for (const line of lost) report(`not made again, as no migration makes it: ${line}`);
    return restored;
  }
  const source = { url: DATABASE_URL, stage: PLINTH_STAGE, release: RELEASE };
  const startedAt = performance.now();
  const manifest =
    command === 'backup'
      ? await createBackup(source, vault, signal, progress)
      : await openBackup(vault, backup, new Date());
  report(`reads ${manifest.id}`);
  await verify(vault, manifest, signal);
  for (const line of driftOf(manifest)) report(`a restore will need --accept-drift: ${line}`);
  return { ...summarize(manifest), seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
}

async function verify(vault: Vault, manifest: Manifest, signal: AbortSignal): Promise<void> {
  for (const table of manifest.tables) await verifyTable(vault, manifest, table, signal);
}

function summarize({ id, createdAt, stage, release, keyId, tables }: Manifest) {
  const sum = (of: (table: Manifest['tables'][number]) => number) => tables.reduce((n, t) => n + of(t), 0);
  return {
    backupId: id,
    createdAt,
    stage,
    release,
    keyId,
    tables: tables.length,
    rows: sum(({ rows }) => rows),
    sizeBytes: sum(({ sizeBytes }) => sizeBytes),
    storedBytes: sum(({ segments }) => segments.reduce((n, segment) => n + segment.sizeBytes, 0)),
  };
}

function isSameDatabase(one: string, other: string): boolean {
  if (!URL.canParse(one) || !URL.canParse(other)) return false;
  const [a, b] = [new URL(one), new URL(other)];
  return a.hostname === b.hostname && (a.port || '5432') === (b.port || '5432') && a.pathname === b.pathname;
}

/** Calls to S3 want the settings of a stage. A restore has to work where nothing is left but a backup, its key and a server. */
function completeSettings(): void {
  process.env.PLINTH_STAGE ??= 'local';
  process.env.DATABASE_URL ??= 'postgres://nowhere';
  process.env.AUTH_SECRET ??= createSecret();
  process.env.UPSTASH_REDIS_REST_URL ??= 'http://127.0.0.1:9';
  process.env.UPSTASH_REDIS_REST_TOKEN ??= 'none';
}

/** What to tell an operator without a stack: what they gave is wrong, or what they named refuses or does not answer. */
export function explain(error: unknown): string | undefined {
  const isOurs = [LocalSetupError, BackupError, StoreError, ConfigError].some((one) => error instanceof one);
  if (isOurs) return (error as Error).message;
  // Printed as it is, it would show the address with its password.
  if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_URL')
    return 'the address of the database is no URL: write / # ? % of its password as %2F %23 %3F %25';
  const refusal = getPostgresError(error);
  if (refusal) return `PostgreSQL refuses: ${refusal.message}`;
  if (toAppError(error).code !== 'unavailable' || !(error instanceof Error)) return undefined;
  const { message } = error.cause instanceof Error ? error.cause : error;
  return `no answer from the database or the store (${message || 'it cannot be reached'})`;
}

if (import.meta.main) {
  // Such as that no Redis answers, which has no part in this.
  logger.setLogLevel('ERROR');
  try {
    const wanted = readBackupArguments(process.argv.slice(2));
    if (wanted.command === 'backup' && !process.env.DATABASE_URL && !joinRunningStack())
      throw new LocalSetupError(
        'DATABASE_URL is not set, and no `npm start` runs: what should be backed up?',
      );
    completeSettings();
    console.log(JSON.stringify(await runBackupCommand(wanted, process.env, console.error), null, 2));
    process.exit(0);
  } catch (error) {
    const explanation = explain(error);
    if (explanation === undefined) throw error;
    console.error(explanation);
    process.exit(1);
  }
}
