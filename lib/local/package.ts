import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { stageOf } from '#lib/config/stage-of.ts';
import { checkTemplate, describeTemplate } from '#lib/template/check-template.ts';
import { unpackZip } from './unpack-zip.ts';

// Kilobytes of minified JavaScript. An area's router holds ten endpoints and more, each of which alone is within 350; the dispatcher
// and the sweep hold all jobs.
const budgetKb = { router: 400, withDatabase: 350, without: 160 };
const timeoutMs = 300_000;

const root = join(import.meta.dirname, '../..');
const buildFolder = join(root, '.esbuild/.build/functions');
const stage = readOption('--stage') ?? 'dev';
if (!stageOf(stage)) throw new Error(`There is no stage ${stage}`);

rmSync(join(root, '.esbuild'), { recursive: true, force: true });
// serverless-esbuild does not end when a build fails: the time-out is what ends it then.
const { status, error } = spawnSync(
  process.execPath,
  [createRequire(import.meta.url).resolve('serverless/bin/serverless.js'), 'package', '--stage', stage],
  { cwd: root, stdio: 'inherit', timeout: timeoutMs },
);
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);

const rows = readdirSync(buildFolder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js'))
  .sort()
  .map((file) => {
    const path = join(buildFolder, file);
    const usesDatabase = readFileSync(path, 'utf8').includes('PostgresError');
    const kb = statSync(path).size / 1024;
    const kind = !usesDatabase
      ? 'without'
      : /\/(router|dispatch-runs|sweep-missed-runs)\.js$/.test(file)
        ? 'router'
        : 'withDatabase';
    return { file, kb, budget: budgetKb[kind] };
  });
console.log(`\n${'bundle'.padEnd(44)}${'KB'.padStart(8)}${'budget'.padStart(8)}`);
for (const { file, kb, budget } of rows)
  console.log(
    `${file.padEnd(44)}${kb.toFixed(1).padStart(8)}${String(budget).padStart(8)}${kb > budget ? '  OVER' : ''}`,
  );
if (rows.some(({ kb, budget }) => kb > budget)) {
  console.error(
    '\nA bundle is over its budget: look for a new dependency, or an import that reaches too far.',
  );
  process.exit(1);
}

assertAssetsPackaged();
assertTemplateSound();

// The zips have no package.json, so Lambda takes their files for CommonJS; here ours would say otherwise.
writeFileSync(join(root, '.esbuild/package.json'), '{}');
// A bundle that cannot be loaded, or wants a setting to be, would fail at its first request.
const bundles = JSON.stringify(rows.map(({ file }) => join(buildFolder, file)));
const load = `for (const bundle of ${bundles}) if (typeof require(bundle).handler !== 'function') throw new Error(bundle)`;
execFileSync(process.execPath, ['--input-type=commonjs', '-e', load], { env: {}, stdio: 'inherit' });

/** Ends the process when a zip has not the very files beside the bundle that it reads: the first request would find out. */
function assertAssetsPackaged(): void {
  const state = JSON.parse(readFileSync(join(root, '.serverless/serverless-state.json'), 'utf8'));
  const functions = Object.values(state.service.functions) as {
    handler: string;
    package: { artifact: string };
  }[];
  const folder = mkdtempSync(join(tmpdir(), 'plinth-package-'));
  const missing = functions.flatMap(({ handler, package: { artifact } }) => {
    const bundle = readFileSync(join(root, '.esbuild/.build', handler.replace(/\.handler$/, '.js')), 'utf8');
    const assets = [...bundle.matchAll(/"\.\.\/\.\.\/((?:lib|node_modules)\/[\w/.-]+)"/g)].map(
      ([, asset]) => asset ?? '',
    );
    if (assets.length === 0) return [];
    const unpacked = join(folder, artifact);
    unpackZip(join(root, artifact), unpacked);
    const isPackaged = (asset: string) =>
      existsSync(join(unpacked, asset)) &&
      readFileSync(join(unpacked, asset)).equals(readFileSync(join(root, asset)));
    return assets.filter((asset) => !isPackaged(asset)).map((asset) => `${artifact} has no ${asset}`);
  });
  rmSync(folder, { recursive: true });
  if (missing.length === 0) return;
  console.error(
    `\n${missing.join('\n')}\nSay in lib/generate/functions-yaml.ts that it travels with its area.`,
  );
  process.exit(1);
}

/** Ends the process when CloudFormation would refuse the template, or something in it would fail unseen. */
function assertTemplateSound(): void {
  const file = join(root, '.serverless/cloudformation-template-update-stack.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  console.log(`\n${describeTemplate(template).join('\n')}`);
  const findings = checkTemplate(template, loadAwsServiceSpecSync());
  if (findings.length === 0) return;
  console.error(`\nThe template cannot be deployed:\n${findings.join('\n')}`);
  process.exit(1);
}

function readOption(name: string): string | undefined {
  const position = process.argv.indexOf(name);
  return position < 0 ? undefined : process.argv[position + 1];
}
