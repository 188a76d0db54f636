import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findFreePort } from '#lib/local/ports.ts';
import { note } from '#test/bench/outcome.ts';
import { printTable } from '#test/bench/projects/measure.ts';
import { type Spread, shuffle, spreadOf } from '#test/bench/spread.ts';
import { type Candidate, candidates, names, peerOverRest, peers } from './list.ts';
import { createRequests, regulars } from './request-events.ts';
import { attack, installVegeta, type Latencies } from './vegeta.ts';
import { waitUntilListening } from './wait-until-listening.ts';
import type { World } from './world.ts';

export interface HttpSizes {
  readonly ratesPerSecond: readonly number[];
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUp: number;
}

type Result = Latencies & { readonly cpuUs: number };
// Of 20 requests: as people use a list of projects.
const mix = [...Array(15).fill('read'), ...Array(4).fill('list'), 'create'] as const;

/** Latency and CPU of each as a server with one process and ten connections to PostgreSQL, at fixed rates of 75 % reads, 20 % lists, 5 % writes. */
export async function measureHttp(
  bundles: Record<Candidate, string>,
  world: World,
  sizes: HttpSizes,
): Promise<void> {
  if (!installVegeta()) return console.log('Go is not on PATH: nothing is measured over HTTP.\n');
  for (const rate of sizes.ratesPerSecond) {
    const results = new Map<Candidate, Result[]>(names.map((name) => [name, []]));
    for (let round = 0; round < sizes.rounds; round++)
      for (const name of shuffle(names))
        results.get(name)?.push(await measureOne(name, bundles[name], world, rate, sizes));
    report(rate, sizes, results);
  }
}

async function measureOne(
  name: Candidate,
  bundle: string,
  world: World,
  ratePerSecond: number,
  { seconds, warmUp }: HttpSizes,
): Promise<Result> {
  const port = await findFreePort();
  const server = fork(bundle, {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      ...world.environmentOf(name),
      PORT: String(port),
      DATABASE_POOL_MAX: '10',
    },
    execArgv: ['--require', join(import.meta.dirname, 'report-cpu.cjs')],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    await waitUntilListening(port);
    const make = createRequests((await world.issueTokens(name)).slice(-regulars), world.projectIds);
    const take = (count: number) =>
      Array.from({ length: count }, (_, index) => make(mix[index % mix.length]));
    // Slowly: what a cold process makes wait is measured elsewhere.
    await attack({ port, ratePerSecond: ratePerSecond / 2, requests: take(warmUp) });
    const before = await cpuOf(server);
    const latencies = await attack({ port, ratePerSecond, requests: take(ratePerSecond * seconds) });
    if (latencies.failures > 0) throw new Error(`${candidates[name]}: ${latencies.failures} requests failed`);
    return { ...latencies, cpuUs: ((await cpuOf(server)) - before) / latencies.sent };
  } finally {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
}

async function cpuOf(server: ChildProcess): Promise<number> {
  server.send('cpu');
  const [{ user, system }] = await once(server, 'message');
  return user + system;
}

function report(
  rate: number,
  { seconds, rounds }: HttpSizes,
  results: ReadonlyMap<Candidate, Result[]>,
): void {
  const rows = [...results].map(([name, all]) => {
    const of = (column: (result: Result) => number) => spreadOf(all.map(column));
    const max = Math.max(...all.map(({ maxMs }) => maxMs));
    const late = of((one) => one.latenessP99Ms).median;
    return {
      name,
      p50: of((one) => one.p50Ms),
      p99: of((one) => one.p99Ms),
      max,
      cpu: of((one) => one.cpuUs),
      late,
    };
  });
  console.log(`### Over HTTP at ${rate} requests per second\n`);
  const cell = ({ median, low, high }: Spread, digits: number) =>
    `${median.toFixed(digits)} (${low.toFixed(digits)} … ${high.toFixed(digits)})`;
  printTable(
    [
      `median (quartiles) of ${rounds} rounds of ${seconds} s`,
      'p50 ms',
      'p99 ms',
      'max ms',
      'CPU us a request',
      'of it sent late, p99 ms',
    ],
    rows.map(({ name, p50, p99, max, cpu, late }) => [
      candidates[name],
      cell(p50, 2),
      cell(p99, 1),
      max,
      cell(cpu, 0),
      late,
    ]),
  );
  const describe = (what: string, column: 'p50' | 'p99' | 'cpu') => {
    const medianOf = (name: Candidate) =>
      rows.find((row) => row.name === name)?.[column].median ?? Number.NaN;
    const [best = peerOverRest] = peers.toSorted((one, other) => medianOf(one) - medianOf(other));
    const times = (name: Candidate) => (medianOf('ours') / medianOf(name)).toFixed(2);
    return `${what} ${times(best)} times that of ${candidates[best]}, and ${times(peerOverRest)} times that of ${candidates[peerOverRest]}`;
  };
  console.log(
    `Of Plinth, beside the best peer of each column and the one with the same Redis: ${describe('p50 is', 'p50')}; ${describe('p99', 'p99')}; ${describe('CPU time', 'cpu')}.\n`,
  );
  note({
    kind: 'bars',
    file: `peers-http-${rate}`,
    title: `p99 ms over HTTP at ${rate} requests per second; the thin line reaches to the maximum`,
    bars: rows.map(({ name, p50, p99, max }) => ({
      label: candidates[name],
      value: p99.median,
      low: p50.median,
      high: max,
      isOurs: name === 'ours',
    })),
  });
}
