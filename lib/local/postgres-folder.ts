import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalSetupError } from './local-setup-error.ts';
import type { PostgresLog } from './postgres-log.ts';
import { type PostgresProgram, type ProcessOwner, spawnOptions } from './postgres-program.ts';

/** Creates the folder with the empty database `plinth` unless it is there; an interrupted attempt leaves no folder. */
export async function prepareFolder(
  dataDir: string,
  program: PostgresProgram,
  owner: ProcessOwner,
  log: PostgresLog,
): Promise<void> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  if (existsSync(dataDir) && (await readdir(dataDir)).length > 0)
    throw cannotOpen(dataDir, 'PG_VERSION is missing');

  const draft = `${dataDir}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(draft, owner.uid, owner.gid);
  // Not synced to disk: what a power cut could spoil in the next seconds is still empty.
  await run(program.initdb, ['-D', draft, ...initdbOptions], owner, log);
  await run(
    program.postgres,
    ['--single', '-F', '-D', draft, 'postgres'],
    owner,
    log,
    'CREATE DATABASE plinth\n',
  );
  await rename(draft, dataDir);
}

const initdbOptions = [
  '--username=plinth',
  '--auth=trust',
  '--encoding=UTF8',
  // The locale that PostgreSQL brings along sorts the same on every machine.
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
  '--no-sync',
];

export function cannotOpen(dataDir: string, reason: string): LocalSetupError {
  return new LocalSetupError(
    `PostgreSQL cannot open the database folder ${dataDir} (${reason}): move it away or run "npm start -- --fresh".`,
  );
}

async function run(
  file: string,
  args: string[],
  owner: ProcessOwner,
  log: PostgresLog,
  input = '',
): Promise<void> {
  const child = spawn(file, args, { ...spawnOptions(owner), stdio: ['pipe', 'ignore', log.fd] });
  child.stdin?.end(input);
  const [code] = await once(child, 'exit');
  if (code !== 0)
    throw new LocalSetupError(`PostgreSQL cannot create a database (${await log.firstFailure()}).`);
}
