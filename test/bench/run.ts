import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchmarks, shortSet, usage } from './benchmarks.ts';
import { makeFolder, removeAtEnd, removeFolder } from './leftovers.ts';
import type { Outcome } from './outcome.ts';
import { compareRatios, describeComparisons, isRed, mediansOf, type Ratios } from './regressions.ts';
import { writeHead, writeSection } from './report.ts';

// `npm run bench -- --help` says what there is.
const baselineFile = join(import.meta.dirname, 'baseline.json');
const { values, positionals } = readArguments();
const names = positionals.filter((one) => !/^\d+$/.test(one));
const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
if (unknown) fail(`There is no benchmark "${unknown}".`);
if (values.help) {
  console.log(usage);
  process.exit();
}

// A ratio of one run spreads too far to hold others against; their median does not.
const recordedRuns = 3;
const isAll = names.length === 0;
const asked = isAll ? shortSet : names;
const isShort = isAll || values.short === true;
if ((values.record || values.check) && !isShort)
  fail('The baseline has the ratios of the smaller sizes: with --short.');
const minutes: Record<string, number> = {};
const ratios: Record<string, Record<string, number>> = {};
const startedAt = performance.now();
for (const name of asked) {
  console.log(`\n# ${name}\n`);
  const beganAt = performance.now();
  const { printed, outcomes, status } = await run(name);
  minutes[name] = (performance.now() - beganAt) / 60_000;
  ratios[name] = ratiosOf(outcomes);
  // What did not keep its promise has measured all the same, and what a crash leaves is no table.
  const isWhole = status === 0 || outcomes.some(({ kind }) => kind === 'broken');
  if (isWhole && (isAll || values.report)) writeSection(name, printed, outcomes, isShort);
  if (status === 0) continue;
  console.error(`${name} ended with ${status}`);
  process.exitCode = 1;
}
const total = (performance.now() - startedAt) / 60_000;
console.log(`\n${total.toFixed(1)} minutes`);

if (isAll) writeHead(minutes, total);
if (values.check) {
  // Once more: what else the machine did is over by then, and what has become slower is not.
  const best = { ...ratios };
  const compare = () => compareRatios(best, readBaseline());
  for (const name of new Set(
    compare()
      .filter(isRed)
      .map(({ benchmark }) => benchmark),
  )) {
    console.log(`\n# ${name}, once more, as it is red\n`);
    const again = ratiosOf((await run(name)).outcomes);
    for (const [ratio, value] of Object.entries(ratios[name] ?? {}))
      again[ratio] = Math.min(value, again[ratio] ?? value);
    best[name] = again;
  }
  console.log(`\n${describeComparisons(compare())}`);
  if (compare().some(isRed)) process.exitCode = 1;
}
if (values.record) await record();

function ratiosOf(outcomes: readonly Outcome[]): Record<string, number> {
  return Object.fromEntries(
    outcomes.flatMap((outcome) => (outcome.kind === 'ratio' ? [[outcome.name, outcome.value]] : [])),
  );
}

function readArguments() {
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: { help: flag, report: flag, short: flag, check: flag, record: flag },
    });
  } catch (error) {
    // parseArgs throws nothing but what is wrong with the arguments.
    return fail((error as Error).message);
  }
}

function fail(reason: string): never {
  console.error(`${reason}\n\n${usage}`);
  process.exit(1);
}

/** What was run takes the place of what is there of the same benchmark: the median of this run and of some more. */
async function record(): Promise<void> {
  const baseline: Record<string, Record<string, number>> = { ...readBaseline() };
  for (const name of asked.filter((one) => Object.keys(ratios[one] ?? {}).length > 0)) {
    const runs = [ratios[name] ?? {}];
    while (runs.length < recordedRuns) {
      console.log(`\n# ${name}, run ${runs.length + 1} of ${recordedRuns} to record\n`);
      const { outcomes, status } = await run(name);
      if (status !== 0) fail(`${name} ended with ${status}; nothing was recorded.`);
      runs.push(ratiosOf(outcomes));
    }
    baseline[name] = mediansOf(runs);
  }
  writeFileSync(baselineFile, `${JSON.stringify(baseline, null, 2)}\n`);
}

function readBaseline(): Ratios {
  return existsSync(baselineFile) ? JSON.parse(readFileSync(baselineFile, 'utf8')) : {};
}

/** In a process of its own, as Powertools and the settings are read once a process. */
async function run(name: string): Promise<{ printed: string; outcomes: Outcome[]; status: number }> {
  const folder = makeFolder();
  const file = join(folder, 'outcomes.jsonl');
  const more = positionals.filter((one) => !names.includes(one));
  try {
    const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.bench.ts`), ...more], {
      env: { ...process.env, BENCH_OUTCOMES: file, BENCH_SHORT: String(isShort) },
      stdio: ['inherit', 'pipe', 'inherit'],
    });
    const isGone = removeAtEnd({ pid: child.pid ?? 0 });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      process.stdout.write(text);
    });
    const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
    isGone();
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    return { printed, outcomes: lines.map((line) => JSON.parse(line)), status };
  } finally {
    removeFolder(folder);
  }
}
