import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import trimBundle from '#lib/generate/trim-bundle.ts';
import { InstanceStarts } from '#test/bench/cold-start/instance-starts.ts';
import { makeFolder, removeFolder } from '#test/bench/leftovers.ts';
import { note, noteRatio } from '#test/bench/outcome.ts';
import { printTable } from '#test/bench/projects/measure.ts';
import { shuffle, spreadOf } from '#test/bench/spread.ts';
import { bundleFile } from './build.ts';
import { type Candidate, candidates, names, peers } from './list.ts';
import { createRequests, toEvent } from './request-events.ts';
import type { World } from './world.ts';

const root = join(import.meta.dirname, '../../..');

/** Initialization, and the first answer, under AWS's runtime client: of each with the same three operations, bundled alike. */
export async function measureColdStart(
  bundles: Record<Candidate, string>,
  world: World,
  starts: number,
): Promise<void> {
  const work = makeFolder();
  try {
    const empty = emptyFunction(work);
    const compared = new Map(
      names.map((name) => [
        name,
        new InstanceStarts(candidates[name], bundles[name], undefined, world.environmentOf(name)),
      ]),
    );
    const variants = await oursOtherwise(world);
    const events = new Map<InstanceStarts, () => unknown>([[empty, () => ({})]]);
    for (const [name, one] of compared) events.set(one, await readsOf(name, world));
    for (const one of variants) events.set(one, await readsOf('ours', world));
    // The first start of each reads its files from the disk, and is not counted.
    for (let round = -1; round < starts; round++)
      for (const [one, nextEvent] of shuffle([...events])) {
        await one.start(nextEvent());
        if (round < 0) one.forget();
      }
    report(empty, compared, variants, starts);
  } finally {
    removeFolder(work);
  }
}

function emptyFunction(work: string): InstanceStarts {
  const bundle = join(work, 'empty/index.js');
  mkdirSync(join(work, 'empty'));
  writeFileSync(bundle, 'exports.handler = async () => ({ statusCode: 200 });');
  return new InstanceStarts('an empty function', bundle);
}

/** As `npm run package` deploys the hot paths, each operation alone; and without what its build takes out of the packages. */
async function oursOtherwise(world: World): Promise<InstanceStarts[]> {
  const alone = await bundleFile(join(root, 'functions/projects/get-project.ts'), 'ours-alone', {
    plugins: trimBundle,
  });
  const untrimmed = await bundleFile(join(root, 'test/bench/ours/lambda.ts'), 'ours-untrimmed');
  const environment = world.environmentOf('ours');
  return [
    new InstanceStarts('Plinth, one operation, as deployed', alone, undefined, environment),
    new InstanceStarts('Plinth, without its trimmed build', untrimmed, undefined, environment),
  ];
}

async function readsOf(name: Candidate, world: World): Promise<() => unknown> {
  const make = createRequests(await world.issueTokens(name), world.projectIds);
  return () => toEvent(make('read'));
}

function report(
  empty: InstanceStarts,
  compared: ReadonlyMap<Candidate, InstanceStarts>,
  variants: readonly InstanceStarts[],
  starts: number,
): void {
  const overEmpty = (one: InstanceStarts, of: (one: InstanceStarts) => number[]) =>
    spreadOf(of(one)).median - spreadOf(of(empty)).median;
  const row = (one: InstanceStarts) => {
    const [init, cpu] = [spreadOf(one.initMs), spreadOf(one.cpuMs)];
    const [answer, answerCpu] = [spreadOf(one.answerMs), spreadOf(one.answerCpuMs)];
    return [
      one.name,
      one.sizeKb.toFixed(0),
      one.compressedKb.toFixed(0),
      `${init.median.toFixed(0)} (${init.low.toFixed(0)} … ${init.high.toFixed(0)})`,
      cpu.median.toFixed(0),
      init.median / spreadOf(empty.initMs).median,
      overEmpty(one, ({ initMs }) => initMs).toFixed(0),
      `${answer.median.toFixed(0)} (${answer.low.toFixed(0)} … ${answer.high.toFixed(0)})`,
      answerCpu.median.toFixed(0),
    ];
  };
  console.log('### Cold start\n');
  printTable(
    [
      `${starts} starts`,
      'KB',
      'gzip KB',
      'initialized, ms (quartiles)',
      'of it CPU, all threads',
      'of the empty function',
      'over it, ms',
      'first answer, ms (quartiles)',
      'to it CPU, all threads',
    ],
    [empty, ...compared.values(), ...variants].map(row),
  );
  const ours = compared.get('ours') as InstanceStarts;
  const rivals = peers.map((name) => compared.get(name) as InstanceStarts);
  // Of CPU time, and of the least: whatever else a machine does only adds to it, and to a time on the clock far more.
  const leastOver = (one: InstanceStarts, of: (one: InstanceStarts) => number[]) =>
    Math.min(...of(one)) - Math.min(...of(empty));
  const measures = {
    initialized: { cpu: ({ cpuMs }: InstanceStarts) => cpuMs, clock: ({ initMs }: InstanceStarts) => initMs },
    'first answer': {
      cpu: ({ answerCpuMs }: InstanceStarts) => answerCpuMs,
      clock: ({ answerMs }: InstanceStarts) => answerMs,
    },
  };
  for (const [measure, { cpu, clock }] of Object.entries(measures)) {
    // Only Linux tells what another process has computed.
    const of = process.platform === 'linux' ? cpu : clock;
    const [quickest = ours] = rivals.toSorted((one, other) => leastOver(one, of) - leastOver(other, of));
    const ratio = leastOver(ours, of) / leastOver(quickest, of);
    const onClock = leastOver(ours, clock) / Math.min(...rivals.map((one) => leastOver(one, clock)));
    console.log(
      `${measure}, the least CPU time over that of the empty function: ${ratio < 1 ? 'Plinth leads' : 'Plinth does not lead'}, with ${ratio.toFixed(2)} times that of the quickest peer, ${quickest.name}; on the clock ${onClock.toFixed(2)} times.\n`,
    );
    noteRatio(`cold start: ${measure}, over the empty function, of the quickest peer`, ratio);
  }
  noteRatio('size: ours of the smallest peer', ours.sizeKb / Math.min(...rivals.map(({ sizeKb }) => sizeKb)));
  note({
    kind: 'bars',
    file: 'peers-cold-start',
    title: 'Start of the process to the first answer under the runtime client, ms',
    bars: [empty, ...compared.values(), ...variants].map((one) => {
      const { median, low, high } = spreadOf(one.answerMs);
      return { label: one.name, value: median, low, high, isOurs: one === ours };
    }),
  });
}
