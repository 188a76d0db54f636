import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { type FunctionSpec, startInstance } from '#lib/local/function-instance.ts';
import { readPackagedFunctions } from '#lib/local/packaged-functions.ts';
import { unpackZip } from '#lib/local/unpack-zip.ts';

// Initialization under AWS's runtime client, from the start of the process to its first request for an event, over that of an empty
// function: of what `npm run package` made, and of naive.ts in two customary bundles. In turn, so that whatever else the machine does
// hits all of them alike.
const starts = 25;
const work = mkdtempSync(join(tmpdir(), 'plinth-cold-start-'));

class Candidate {
  readonly initMs: number[] = [];
  readonly cpuMs: number[] = [];
  readonly name: string;
  readonly bundle: string;
  readonly #folder: string;
  readonly #spec: FunctionSpec;

  constructor(name: string, bundle: string, folder = dirname(bundle), environment = {}) {
    this.name = name;
    this.bundle = bundle;
    this.#folder = folder;
    const handler = bundle.slice(folder.length + 1).replace(/\.m?js$/, '.handler');
    this.#spec = { id: 'benchmark', handler, timeoutSeconds: 10, memoryMb: 512, environment };
  }

  async start(): Promise<void> {
    const instance = await startInstance(this.#spec, this.#folder, () => {});
    this.initMs.push(instance.initMs);
    this.cpuMs.push(readCpuMs(instance.pid));
    await instance.stop();
  }
}

/** What the threads of a process have computed so far; Linux only. It waits for an event, so nothing is added now. */
function readCpuMs(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

function emptyFunction(): Candidate {
  const bundle = join(work, 'empty/index.js');
  mkdirSync(dirname(bundle));
  writeFileSync(bundle, 'exports.handler = async () => ({});');
  return new Candidate('an empty function', bundle);
}

/** A hot function and the largest one. */
function packagedFunctions(): Candidate[] {
  const candidates = readPackagedFunctions().map(({ id, zip, handler, environment }) => {
    const folder = join(work, id);
    unpackZip(zip, folder);
    return new Candidate(id, join(folder, handler.replace(/\.handler$/, '.js')), folder, environment);
  });
  const largest = candidates.reduce((one, other) => (sizeKb(one) > sizeKb(other) ? one : other));
  return [...candidates.filter(({ name }) => name === 'getProject'), largest];
}

async function naiveFunction(name: string, folder: string, options: BuildOptions): Promise<Candidate> {
  const { outExtension: { '.js': extension } = { '.js': '.js' } } = options;
  await build({
    entryPoints: { index: join(import.meta.dirname, 'cold-start/naive.ts') },
    outdir: join(work, folder),
    bundle: true,
    platform: 'node',
    target: 'node24',
    ...options,
  });
  return new Candidate(name, join(work, folder, `index${extension}`));
}

function sizeKb({ bundle }: Candidate): number {
  return statSync(bundle).size / 1024;
}

function print(empty: Candidate, ours: Candidate[], naive: Candidate[]): void {
  for (const measure of ['initMs', 'cpuMs'] as const) {
    const median = (candidate: Candidate) => quantile(candidate[measure], 0.5);
    const overEmpty = (candidate: Candidate) => median(candidate) - median(empty);
    const reference = Math.min(...naive.map(overEmpty));
    console.log(
      `| ${measure === 'initMs' ? 'until the first request for an event, ms' : 'of which computing, in all threads, ms'} | KB | least | quartile | median | quartile | median over empty | of the faster naive one |\n| --- | --- | --- | --- | --- | --- | --- | --- |`,
    );
    for (const candidate of [empty, ...ours, ...naive]) {
      const spread = [0, 0.25, 0.5, 0.75].map((share) => quantile(candidate[measure], share));
      const numbers = [sizeKb(candidate), ...spread, overEmpty(candidate)].map((number) => number.toFixed(0));
      const ratio = (overEmpty(candidate) / reference).toFixed(2);
      console.log(`| ${candidate.name} | ${numbers.join(' | ')} | ${ratio} |`);
    }
    console.log('');
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
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
  for (const { initMs, cpuMs } of all) initMs.length = cpuMs.length = 0;
  for (let round = 0; round < starts; round++) for (const candidate of all) await candidate.start();
  console.log(`${starts} starts each\n`);
  print(empty, ours, naive);
} finally {
  rmSync(work, { recursive: true, force: true });
}
