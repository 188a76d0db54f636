import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Change, describeBreaking, severities } from './breaking-changes.ts';

// `npm run check:breaking [-- --base <commit>]`: whether the OpenAPI document of this folder breaks clients of the one on main, as it was
// when this branch left it: what main has got since is not missing here (docs/versioning.md).
const oasdiff = 'github.com/oasdiff/oasdiff@v1.32.1';
const document = 'functions/docs/openapi.json';
const exitCodes = { compatible: 0, breaking: 1, unchecked: 2 };

const { values } = parseArgs({ options: { base: { type: 'string' } } });
const ref = values.base ?? ['origin/main', 'main'].find(isCommit) ?? 'origin/main';
process.exitCode = check(values.base ?? run('git', ['merge-base', 'HEAD', ref]).stdout.trim());

function check(base: string): number {
  if (!isCommit(base)) {
    console.error(`There is no ${ref} here to compare with: git fetch origin main`);
    return exitCodes.unchecked;
  }
  if (run('git', ['cat-file', '-e', `${base}:${document}`]).status !== 0) {
    console.log(`${ref} has no ${document} yet: there is nothing to break.`);
    return exitCodes.compatible;
  }
  const before = versionOf(run('git', ['show', `${base}:${document}`]).stdout);
  const after = versionOf(readFileSync(document, 'utf8'));
  const changes = findChanges(base);
  if (!changes) return exitCodes.unchecked;
  const { isAllowed, text } = describeBreaking(changes, { base: ref, before, after });
  (isAllowed ? console.log : console.error)(text);
  return isAllowed ? exitCodes.compatible : exitCodes.breaking;
}

/** What oasdiff says of the document in this folder; undefined, once it was told, when oasdiff could not be run. */
function findChanges(base: string): Change[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-breaking-'));
  try {
    const levels = join(folder, 'levels.txt');
    writeFileSync(
      levels,
      Object.entries(severities)
        .map((entry) => `${entry.join(' ')}\n`)
        .join(''),
    );
    const options = ['--format', 'json', '--severity-levels', levels];
    const { status, error, stdout, stderr } = run('go', [
      'run',
      oasdiff,
      'breaking',
      ...options,
      `${base}:${document}`,
      document,
    ]);
    if (status === 0) return JSON.parse(stdout || '[]') as Change[];
    const isMissing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    console.error(isMissing ? 'This takes Go 1.26 or later: https://go.dev/dl' : `oasdiff failed: ${stderr}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isCommit(ref: string): boolean {
  return run('git', ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]).status === 0;
}

function versionOf(text: string): string {
  return JSON.parse(text).info.version;
}

function run(command: string, args: readonly string[]) {
  return spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
