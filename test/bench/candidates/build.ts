import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import trimBundle from '#lib/generate/trim-bundle.ts';
import { type Candidate, names } from './list.ts';

const root = join(import.meta.dirname, '../../..');
const sources = join(root, 'test/bench/peers');
// Not beside their sources, which tests read with everything below.
const installed = join(root, '.local/bench-peers');
const built = join(root, '.local/bench-bundles');

/** The settings of serverless.yml, for all. */
const options = {
  bundle: true,
  minify: true,
  format: 'cjs',
  target: 'node24',
  platform: 'node',
  legalComments: 'none',
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  nodePaths: [join(installed, 'node_modules')],
  // The copy that the plugins have, which ask whether a client is an instance of it.
  alias: { ioredis: join(installed, 'node_modules/ioredis') },
  // Optional parts of NestJS that its core asks for and does without; and what the Powertools layer brings.
  external: [
    '@nestjs/microservices',
    '@nestjs/websockets',
    '@nestjs/platform-socket.io',
    '@aws-lambda-powertools/tracer',
  ],
  logLevel: 'error',
} satisfies BuildOptions;

/** Installs the peers as their lockfile says, unless that has been done. */
export function installPeers(): void {
  const lock = readFileSync(join(sources, 'package-lock.json'), 'utf8');
  const stamp = join(installed, 'node_modules/.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing the peers of test/bench/peers …');
  mkdirSync(installed, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    cpSync(join(sources, file), join(installed, file));
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: installed,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('npm ci of the peers failed');
  writeFileSync(stamp, lock);
}

/** Bundles the `lambda.ts` or `server.ts` of each, and returns where. */
export async function bundle(entry: 'lambda' | 'server'): Promise<Record<Candidate, string>> {
  const files = await Promise.all(names.map(async (name) => [name, await bundleOne(name, entry)] as const));
  return Object.fromEntries(files) as Record<Candidate, string>;
}

async function bundleOne(name: Candidate, entry: 'lambda' | 'server'): Promise<string> {
  const folder = name === 'ours' ? join(root, 'test/bench/ours') : join(sources, name);
  return bundleFile(join(folder, `${entry}.ts`), `${name}-${entry}`, {
    plugins: name === 'ours' ? trimBundle : name === 'nest' ? [decorators()] : [],
    // NestJS finds some providers by the names of their classes.
    keepNames: name === 'nest',
  });
}

/** A bundle in a folder of its own, as in a zip. */
export async function bundleFile(source: string, name: string, more: BuildOptions = {}): Promise<string> {
  const outfile = join(built, name, 'index.js');
  await build({ ...options, ...more, entryPoints: [source], outfile });
  // A folder without a package.json above is CommonJS on Lambda; here ours would say otherwise.
  writeFileSync(join(built, name, 'package.json'), '{}');
  return outfile;
}

/** NestJS injects by the types that TypeScript writes into the code, which esbuild does not. */
function decorators(): Plugin {
  const require = createRequire(join(installed, 'package.json'));
  return {
    name: 'decorators',
    setup({ onLoad }) {
      const { transpileModule, ModuleKind, ScriptTarget } = require('typescript');
      const compilerOptions = {
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        module: ModuleKind.ESNext,
        target: ScriptTarget.ES2022,
        useDefineForClassFields: false,
      };
      onLoad({ filter: /\/peers\/nest\/.*\.ts$/ }, ({ path }) => ({
        contents: transpileModule(readFileSync(path, 'utf8'), { compilerOptions }).outputText,
        loader: 'js',
      }));
    },
  };
}
