import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { benchmarks, shortSet } from '#test/bench/benchmarks.ts';
import { summarize } from '#test/bench/candidates/vegeta.ts';
import { plotBars, plotLines } from '#test/bench/plot.ts';
import { attributeTime } from '#test/bench/profile/attribute-time.ts';
import { compareRatios, describeComparisons, isRed, mediansOf } from '#test/bench/regressions.ts';
import { toSection } from '#test/bench/report.ts';
import { compareRounds, verdictOf } from '#test/bench/spread.ts';

const folder = join(import.meta.dirname, '../bench');

describe('npm run bench -- --check', () => {
  const baseline = {
    peers: { 'cpu: read': 1.2, size: 0.8 },
    scale: { 'read one': 1 },
    memory: { slope: 0.1 },
  };
  const redNames = (measured: Parameters<typeof compareRatios>[0]) =>
    compareRatios(measured, baseline)
      .filter(isRed)
      .map(({ name, verdict }) => `${name}: ${verdict}`);

  test('is green as long as no ratio is more than a quarter worse', () => {
    expect(redNames({ peers: { 'cpu: read': 1.5, size: 0.1, another: 9 } })).toEqual([]);
  });

  test('is red when one is, and names each ratio with its baseline, its value and the verdict', () => {
    const comparisons = compareRatios({ peers: { 'cpu: read': 1.51, size: 0.8, another: 9 } }, baseline);
    expect(comparisons.some(isRed)).toBe(true);
    const text = describeComparisons(comparisons);
    expect(text).toContain('| another | - | 9.00 | no baseline |');
    expect(text).toContain('| size | 0.80 | 0.80 | good (0 %) |\n| cpu: read | 1.20 | 1.51 | worse (26 %) |');
    expect(text).toContain('1 of 3 are worse');
  });

  test('is red when one was not measured by the benchmark that promises it', () => {
    expect(redNames({ peers: { 'cpu: read': Number.NaN } })).toEqual([
      'cpu: read: not measured',
      'size: not measured',
    ]);
  });

  test('asks nothing of benchmarks that were not run', () => {
    expect(redNames({ scale: { 'read one': 1.1 } })).toEqual([]);
  });

  test('takes a quarter of next to nothing for noise', () => {
    expect(redNames({ memory: { slope: 0.14 } })).toEqual([]);
    expect(redNames({ memory: { slope: 0.16 } })).toEqual(['slope: worse']);
  });

  test('holds against the median of the runs that were recorded', () => {
    const runs = [
      { read: 0.75, list: 1 },
      { read: 1.01, list: 1 },
      { read: 0.9504, create: 2 },
    ];
    expect(mediansOf(runs)).toEqual({ create: 2, list: 1, read: 0.95 });
  });

  test('has a baseline of ratios, never of times, each of a benchmark that npm run bench runs', () => {
    const recorded = JSON.parse(readFileSync(join(folder, 'baseline.json'), 'utf8'));
    expect(Object.keys(recorded).filter((name) => !shortSet.includes(name))).toEqual([]);
    const ratios = Object.values(recorded).flatMap((all) => Object.entries(all as object));
    expect(ratios.length).toBeGreaterThan(5);
    expect(ratios.filter(([, ratio]) => typeof ratio !== 'number')).toEqual([]);
    expect(ratios.filter(([name]) => /\b(ms|us|seconds?)\b/.test(name))).toEqual([]);
  });
});

describe('npm run bench', () => {
  const run = (...parameters: string[]) =>
    spawnSync(process.execPath, [join(folder, 'run.ts'), ...parameters], { encoding: 'utf8' });

  test('says what there is, and ends with 1 when it is asked for something else', () => {
    const files = readdirSync(folder).flatMap((file) => /^(.*)\.bench\.ts$/.exec(file)?.[1] ?? []);
    expect(Object.keys(benchmarks).sort()).toEqual(files.sort());
    const help = run('--help');
    expect(help.status).toBe(0);
    for (const [name, sentence] of Object.entries(benchmarks))
      expect(help.stdout).toContain(`\n  ${name.padEnd(20)}${sentence}\n`);
    const unknown = run('piers');
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain('There is no benchmark "piers".');
    expect(unknown.stderr).toContain(help.stdout.trim());
    expect(run('--recrod').status).toBe(1);
    expect(run('scale', '--check').stderr).toContain('with --short');
  });

  test('leaves no process and no folder behind when it is killed', async () => {
    const leftovers = join(folder, 'leftovers.ts');
    const script = `
      import { spawn } from 'node:child_process';
      import { makeFolder, removeAtEnd } from ${JSON.stringify(leftovers)};
      const { pid } = spawn('sleep', ['60']);
      removeAtEnd({ pid });
      console.log(JSON.stringify({ pid, folder: makeFolder() }));`;
    const bench = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    const [line] = await once(bench.stdout.setEncoding('utf8'), 'data');
    const left = JSON.parse(line);
    expect(existsSync(left.folder)).toBe(true);
    bench.kill('SIGKILL');
    await expect.poll(() => isRunning(left.pid) || existsSync(left.folder), { timeout: 4_000 }).toBe(false);
  });

  test('counts a latency from the moment the request was due', () => {
    // Ten requests per second: the third was sent half a second late, and nothing of that is left out.
    const hits = [0, 100, 700, 700, 700].map((atMs) => ({ atMs, status: 200, tookMs: 10 }));
    const { maxMs, latenessP99Ms, p50Ms, failures, sent } = summarize(hits, 10);
    expect({ maxMs, latenessP99Ms, p50Ms, failures, sent }).toEqual({
      maxMs: 510,
      latenessP99Ms: 500,
      p50Ms: 310,
      failures: 0,
      sent: 5,
    });
  });

  test("counts what Node's own functions take for who calls them", () => {
    const frame = (functionName: string, url: string) => ({
      functionName,
      url,
      scriptId: '0',
      lineNumber: 0,
      columnNumber: 0,
    });
    const nodes = [
      { id: 1, callFrame: frame('(root)', ''), children: [2, 4, 5, 6] },
      { id: 2, callFrame: frame('post', 'lib/redis/rest-requester.ts'), children: [3] },
      { id: 3, callFrame: frame('writeUtf8String', '') },
      { id: 4, callFrame: frame('(idle)', '') },
      { id: 5, callFrame: frame('(garbage collector)', '') },
      { id: 6, callFrame: frame('runMicrotasks', '') },
    ];
    const profile = {
      nodes,
      startTime: 0,
      endTime: 600,
      samples: [3, 2, 4, 5, 6],
      timeDeltas: [300, 100, 900, 50, 20],
    };
    const times = attributeTime(profile, ({ url }) => url);
    expect(times.map(({ group, name, us }) => [group, name, us])).toEqual([
      ['Redis client', 'writeUtf8String', 300],
      ['Redis client', 'post', 100],
      ['garbage collection', '(garbage collector)', 50],
      ['Node itself', 'runMicrotasks', 20],
    ]);
  });
});

/** False for one that has ended and that nobody has asked about yet, too. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // There is no such process.
    return false;
  }
}

describe('the report', () => {
  test('draws what was measured, in words that XML can hold', () => {
    const bars = plotBars('a < b', [{ label: 'R&D', value: 3, low: 1, high: 4, isOurs: true }]);
    expect(bars).toContain('a &lt; b');
    expect(bars).toContain('R&amp;D');
    const lines = plotLines('t', 'rows', [
      {
        label: 'list',
        points: [
          [1_000, 0.2],
          [1_000_000, 0.3],
        ],
      },
    ]);
    expect(lines).not.toContain('NaN');
  });

  test('shows what a run has measured that broke its promise, and says so', () => {
    const promise = 'the ledger did 9000 runs per second, not 10000.';
    const section = toSection('jobs', '| a | table |', [{ kind: 'broken', promise }], true);
    expect(section).toContain(`Broken in this run: ${promise}`);
    expect(section).toContain('| a | table |');
    expect(section).not.toContain('smaller sizes');
    expect(toSection('peers', '', [], true)).toContain('smaller sizes');
  });

  test('says that Plinth leads only where three quarters of the rounds say so', () => {
    const ofRounds = (...rounds: number[]) => verdictOf(compareRounds(rounds, [1, 1, 1, 1, 1]));
    expect(ofRounds(0.7, 0.8, 0.9, 0.9, 1.1)).toBe('leads');
    expect(ofRounds(0.7, 0.9, 0.95, 1.1, 1.2)).toBe('is level');
    expect(ofRounds(0.7, 1.1, 1.2, 1.3, 1.4)).toBe('does not lead');
    expect(compareRounds([2, 3], [4, 3]).median).toBe(1);
  });

  test('has a section for each benchmark that npm run bench runs, and names no other', () => {
    const text = readFileSync(join(folder, '../../docs/benchmarks/README.md'), 'utf8');
    expect(shortSet.filter((name) => !text.includes(`<!-- ${name} -->\n\n## ${name}\n`))).toEqual([]);
    const known = Object.keys(benchmarks);
    const named = [...text.matchAll(/npm run bench -- ([a-z][\w-]*)`/g)].map(([, name]) => name);
    expect(named.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });
});
