import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Type-checks the README's walk with the client as a newcomer's file, runs it against that address, and returns what it prints. */
export function runReadmeWalk(url: string): string {
  const [, walk] =
    /```ts\n(import \{[^`]*'@plinth\/client';\n[^`]*)```/.exec(
      readFileSync(join(root, 'README.md'), 'utf8'),
    ) ?? [];
  if (walk === undefined) throw new Error('The README has no walk with the client');
  const project = mkdtempSync(join(tmpdir(), 'plinth-walk-'));
  try {
    // The sources stand for the built package, whose layout `npm run build:client` tries.
    const client = join(project, 'node_modules/@plinth/client');
    mkdirSync(client, { recursive: true });
    symlinkSync(join(root, 'lib/client/src'), join(client, 'src'));
    writeFileSync(join(client, 'package.json'), '{ "type": "module", "exports": "./src/index.ts" }');
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(project, 'walk.ts'), walk.replace('http://localhost:3000', url));
    const check = '--noEmit --strict --module nodenext --allowImportingTsExtensions --lib es2024,dom walk.ts';
    execFileSync(join(root, 'node_modules/.bin/tsc'), check.split(' '), { cwd: project, stdio: 'inherit' });
    return execFileSync(process.execPath, ['walk.ts'], { cwd: project, encoding: 'utf8' }).trim();
  } finally {
    rmSync(project, { recursive: true });
  }
}
