import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

// Node needs a second for the 600 files of these, in every test file and every process that one starts.
const packages = [
  '@aws-lambda-powertools/logger',
  '@aws-lambda-powertools/metrics',
  '@middy/core',
  '@middy/http-error-handler',
  '@middy/http-json-body-parser',
  '@upstash/redis',
  'drizzle-orm',
  'drizzle-orm/errors',
  'drizzle-orm/pg-core',
  'drizzle-orm/postgres-js',
  'jose',
  'otpauth',
  'uuid',
  'zod',
];

/** Has the workers, and the processes that tests start with their environment, load a few bundles in the place of the packages. */
export default async function bundlePackages(): Promise<(() => void) | undefined> {
  // Once for all projects.
  if (process.env.NODE_OPTIONS?.includes('/plinth-packages-')) return undefined;
  // Where a bundle finds the packages that are not in it.
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'plinth-packages-'));
  const { metafile } = await build({
    entryPoints: packages,
    outdir: folder,
    entryNames: '[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    conditions: [],
    // Tests observe it.
    external: ['postgres'],
    metafile: true,
    absWorkingDir: root,
    logLevel: 'error',
  });
  const bundles = Object.entries(metafile.outputs).flatMap(([bundle, { entryPoint }]) => {
    if (!entryPoint) return [];
    const url = pathToFileURL(resolve(root, bundle)).href;
    const source = pathToFileURL(resolve(root, entryPoint)).href;
    return [[source, url]];
  });
  const hook = join(folder, 'hook.mjs');
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module';
const bundles = new Map(${JSON.stringify(bundles)});
registerHooks({
  resolve(specifier, context, next) {
    const found = bundles.has(specifier) ? { url: specifier } : next(specifier, context);
    const url = bundles.get(found.url);
    return url ? { url, format: 'module', shortCircuit: true } : found;
  },
});
`,
  );
  const { NODE_OPTIONS = '' } = process.env;
  process.env.NODE_OPTIONS = `${NODE_OPTIONS} --import ${pathToFileURL(hook).href}`.trim();
  return () => {
    process.env.NODE_OPTIONS = NODE_OPTIONS;
    rmSync(folder, { recursive: true, force: true });
  };
}
