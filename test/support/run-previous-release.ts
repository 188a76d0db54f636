import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// `npm run test:n-1 [-- test paths]`: tests of the release before, with its code, on the schema of this one (drizzle/README.md).
const root = join(import.meta.dirname, '../..');
// Every endpoint with its event, and the busiest area in depth.
const defaultTests = [
  'test/contract/routes.test.ts',
  'test/functions/projects',
  'test/functions/auth/login.test.ts',
];
const journal = 'drizzle/meta/_journal.json';

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** The last release; without tags, the last commit with another schema than this one. */
function findPrevious(): { ref: string; why: string } | undefined {
  const tag = spawnSync('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*', 'HEAD^'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (tag.status === 0) return { ref: tag.stdout.trim(), why: 'the last tag' };
  const [lastChange] = git('log', '-1', '--format=%H', '--', journal).split('\n');
  const parent = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${lastChange}^`], {
    cwd: root,
    encoding: 'utf8',
  });
  if (parent.status !== 0) return undefined;
  return {
    ref: parent.stdout.trim(),
    why: `the last commit before the newest migration, as there is no tag v*`,
  };
}

const previous = findPrevious();
if (!previous) {
  const isShallow = git('rev-parse', '--is-shallow-repository') === 'true';
  console.error(
    isShallow
      ? 'This clone is shallow and has no release before this one: fetch the history (actions/checkout with fetch-depth: 0). Nothing was tested.'
      : 'There is no release before this one. Nothing was tested.',
  );
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'plinth-previous-'));
let status: number | null = 1;
try {
  git('worktree', 'add', '--detach', '--force', folder, previous.ref);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const before = listMigrations(folder);
  // The schema is of this release, what applies it of the one before.
  for (const file of readdirSync(join(root, 'drizzle')).filter((name) => name.endsWith('.sql')))
    cpSync(join(root, 'drizzle', file), join(folder, 'drizzle', file));
  cpSync(join(root, 'drizzle/meta'), join(folder, 'drizzle/meta'), { recursive: true });
  const added = listMigrations(folder).filter((name) => !before.includes(name));
  console.log(
    `Code of ${previous.ref} (${previous.why}) on the schema with ${added.join(', ') || 'nothing new'}`,
  );
  const tests = process.argv.length > 2 ? process.argv.slice(2) : defaultTests;
  ({ status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--config',
      'test/vitest.config.ts',
      '--maxWorkers',
      '1',
      ...tests,
    ],
    { cwd: folder, stdio: 'inherit' },
  ));
} finally {
  git('worktree', 'remove', '--force', folder);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status ?? 1);

function listMigrations(checkout: string): string[] {
  return readdirSync(join(checkout, 'drizzle')).filter((name) => /^\d{4}_\w+\.sql$/.test(name));
}
