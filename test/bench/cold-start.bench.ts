import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { readPackagedFunctions } from '#lib/local/packaged-functions.ts';
import { unpackZip } from '#lib/local/unpack-zip.ts';
import { InstanceStarts } from './cold-start/instance-starts.ts';
import { makeFolder, removeFolder } from './leftovers.ts';
import { quantile } from './spread.ts';

// Initialization under AWS's runtime client, from the start of the process to its first request for an event, over that of an empty
// function: of what `npm run package` made, and of naive.ts in two customary bundles. In turn, so that whatever else the machine does
// hits all of them alike.
const starts = 25;
const work = makeFolder();

function emptyFunction(): InstanceStarts {
  const bundle = join(work, 'empty/index.js');
  mkdirSync(dirname(bundle));
  writeFileSync(bundle, 'exports.handler = async () => ({});');
  return new InstanceStarts('an empty function', bundle);
}

/** A hot function and the largest one. */
function packagedFunctions(): InstanceStarts[] {
  const candidates = readPackagedFunctions().map(({ id, zip, handler, environment }) => {
    const folder = join(work, id);
    unpackZip(zip, folder);
    return new InstanceStarts(id, join(folder, handler.replace(/\.handler$/, '.js')), folder, environment);
  });
  const largest = candidates.reduce((one, other) => (one.sizeKb > other.sizeKb ? one : other));
  return [...candidates.filter(({ name }) => name === 'getProject'), largest];
}

async function naiveFunction(name: string, folder: string, options: BuildOptions): Promise<InstanceStarts> {
  const { outExtension: { '.js': extension } = { '.js': '.js' } } = options;
  await build({
    entryPoints: { index: join(import.meta.dirname, 'cold-start/naive.ts') },
    outdir: join(work, folder),
    bundle: true,
    platform: 'node',
    target: 'node24',
    ...options,
  });
  return new InstanceStarts(name, join(work, folder, `index${extension}`));
}

function print(empty: InstanceStarts, ours: InstanceStarts[], naive: InstanceStarts[]): void {
  for (const measure of ['initMs', 'cpuMs'] as const) {
    const median = (candidate: InstanceStarts) => quantile(candidate[measure], 0.5);
    const overEmpty = (candidate: InstanceStarts) => median(candidate) - median(empty);
    const reference = Math.min(...naive.map(overEmpty));
    console.log(
      `| ${measure === 'initMs' ? 'until the first request for an event, ms' : 'of which computing, in all threads, ms'} | KB | least | quartile | median | quartile | median over empty | of the faster naive one |\n| --- | --- | --- | --- | --- | --- | --- | --- |`,
    );
    for (const candidate of [empty, ...ours, ...naive]) {
      const spread = [0, 0.25, 0.5, 0.75].map((share) => quantile(candidate[measure], share));
      const numbers = [candidate.sizeKb, ...spread, overEmpty(candidate)].map((number) => number.toFixed(0));
      const ratio = (overEmpty(candidate) / reference).toFixed(2);
      console.log(`| ${candidate.name} | ${numbers.join(' | ')} | ${ratio} |`);
    }
    console.log('');
  }
}

try {
  const empty = emptyFunction();
  const ours = packagedFunctions();
  const naive = [
    await naiveFunction('naive, as serverless-esbuild bundles it', 'cjs', { format: 'cjs' }),
    await naiveFunction('naive, ESM, minified', 'esm', {
      format: 'esm',
      minify: true,
      outExtension: { '.js': '.mjs' },
      // For the CommonJS packages in it.
      banner: {
        js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
      },
    }),
  ];
  // The first start of each reads its files from the disk, and is not counted.
  const all = [empty, ...ours, ...naive];
  for (const candidate of all) await candidate.start();
  for (const candidate of all) candidate.forget();
  for (let round = 0; round < starts; round++) for (const candidate of all) await candidate.start();
  console.log(`${starts} starts each\n`);
  print(empty, ours, naive);
} finally {
  removeFolder(work);
}
