import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

const program = `
import { createClient, PlinthProblem, type Project } from '@plinth/client';
const plinth = createClient({ baseUrl: 'http://127.0.0.1:1', retries: 0 });
export const name = (project: Project): string => project.name;
export const list = async () => (await plinth.listProjects({ limit: 1 })).items.map(name);
export const isProblem = (error: unknown): boolean => error instanceof PlinthProblem;
`;

// What a program that uses the package may say of itself.
const resolutions = [
  ['node16', 'node16'],
  ['esnext', 'bundler'],
] as const;

/** Packs the built client, installs it into an empty project, and type-checks and runs a program there; tells the sizes. */
export function tryClientPackage(folder: string): string[] {
  const project = mkdtempSync(join(tmpdir(), 'plinth-client-'));
  try {
    const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', project], {
      cwd: folder,
      encoding: 'utf8',
    }).trim();
    const target = join(project, 'node_modules/@plinth/client');
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', join(project, tarball), '-C', target, '--strip-components=1']);
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(project, 'program.ts'), program);
    for (const [module, moduleResolution] of resolutions) check(folder, project, module, moduleResolution);
    execFileSync(process.execPath, ['program.ts'], { cwd: project, stdio: 'inherit' });
    execFileSync(process.execPath, ['-e', "require('@plinth/client').createClient"], {
      cwd: project,
      stdio: 'inherit',
    });
    return describeSize(join(target, 'dist'), join(project, tarball));
  } finally {
    rmSync(project, { recursive: true });
  }
}

function check(folder: string, project: string, module: string, moduleResolution: string): void {
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom'];
  execFileSync(
    join(folder, 'node_modules/.bin/tsc'),
    [...options, '--module', module, '--moduleResolution', moduleResolution, 'program.ts'],
    { cwd: project, stdio: 'inherit' },
  );
}

function describeSize(dist: string, tarball: string): string[] {
  const { outputFiles } = buildSync({
    entryPoints: [join(dist, 'index.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  const kb = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
  return [
    `@plinth/client: ${kb(contents.length)} minified, ${kb(gzipSync(contents).length)} compressed, no dependency`,
    `packed, with its types: ${kb(statSync(tarball).size)}`,
  ];
}
