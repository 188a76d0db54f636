import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkNotes, findLockRisks } from './lint-migrations.ts';
import { parseScript } from './migrator/migration-files.ts';

// `npm run db:generate -- --name x`: drizzle-kit writes the migration; here it gets a down script to fill in, and what it may lock is told.
const folder = import.meta.dirname;
const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');
const { status } = spawnSync(
  process.execPath,
  [drizzleKit, 'generate', '--config', 'drizzle/config.ts', ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: join(folder, '..') },
);
if (status !== 0) process.exit(status ?? 1);

const { entries } = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8'));
for (const { tag } of entries as { tag: string }[]) {
  const down = join(folder, `${tag}.down.sql`);
  if (existsSync(down)) continue;
  writeFileSync(
    down,
    '-- loses: what is lost with it, or "nothing"\n-- The statements that undo it, last one first.\n',
  );
  const up = join(folder, `${tag}.sql`);
  const script = parseScript(`${tag}.sql`, readFileSync(up, 'utf8'));
  const findings = findLockRisks(folder, [script]);
  if (findings.length === 0) writeFileSync(up, `-- lock-risk: none\n${script.text}`);
  console.log(`\nWrite drizzle/${tag}.down.sql by hand.`);
  if (findings.length > 0)
    console.log(
      `Change drizzle/${tag}.sql, or begin it with "-- lock-risk: <rule> because <reason>" (drizzle/README.md):\n  ${checkNotes(script, findings).join('\n  ')}`,
    );
}
