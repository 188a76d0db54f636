import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Outcome } from './outcome.ts';
import { findRegressions } from './regressions.ts';
import { writeSection } from './report.ts';

// `npm run bench -- <name>` runs test/bench/<name>.bench.ts in full. `npm run bench` runs a set that fits into a quarter of an hour, at
// smaller sizes (`--short`), and writes the report; with a name, `--report` writes its section. `--record` keeps the ratios, `--check` compares.
const shortSet = ['pipeline', 'monitoring', 'gate', 'jobs', 'memory', 'scale', 'peers'];
const baselineFile = join(import.meta.dirname, 'baseline.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    report: { type: 'boolean' },
    short: { type: 'boolean' },
    check: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const unknown = positionals.find((name) => !known.includes(name));
if (unknown) {
  console.error(`There is no benchmark "${unknown}"; there are ${known.join(', ')}`);
  process.exit(1);
}
const isAll = positionals.length === 0;
const isShort = isAll || values.short === true;
const startedAt = performance.now();
const ratios: Record<string, number> = {};
for (const name of isAll ? shortSet : positionals) {
  console.log(`\n# ${name}\n`);
  const { printed, outcomes, status } = await run(name);
  if (status !== 0) process.exitCode = 1;
  for (const outcome of outcomes) if (outcome.kind === 'ratio') ratios[outcome.name] = outcome.value;
  if (status === 0 && (isAll || values.report)) writeSection(name, printed, outcomes, isShort);
}
console.log(`\n${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);

const baseline: Record<string, number> = existsSync(baselineFile)
  ? JSON.parse(readFileSync(baselineFile, 'utf8'))
  : {};
if (values.record) {
  const rounded = Object.entries({ ...baseline, ...ratios }).map(([name, ratio]) => [
    name,
    Number(ratio.toFixed(3)),
  ]);
  writeFileSync(baselineFile, `${JSON.stringify(Object.fromEntries(rounded.sort()), null, 2)}\n`);
}
if (values.check) {
  const relevant = isAll
    ? baseline
    : Object.fromEntries(Object.entries(baseline).filter(([name]) => name in ratios));
  const regressions = findRegressions(ratios, relevant);
  for (const regression of regressions) console.error(`Worse: ${regression}`);
  if (regressions.length > 0) process.exitCode = 1;
  else console.log(`No ratio is more than 25 % worse than in test/bench/baseline.json`);
}

/** In a process of its own, as Powertools and the settings are read once a process. */
async function run(name: string): Promise<{ printed: string; outcomes: Outcome[]; status: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-outcomes-'));
  const file = join(folder, 'outcomes.jsonl');
  try {
    const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.bench.ts`)], {
      env: { ...process.env, BENCH_OUTCOMES: file, BENCH_SHORT: String(isShort) },
      stdio: ['inherit', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      process.stdout.write(text);
    });
    const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    return { printed, outcomes: lines.map((line) => JSON.parse(line)), status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
