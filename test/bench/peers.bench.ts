import { isDeepStrictEqual } from 'node:util';
import { bundle, installPeers } from './candidates/build.ts';
import { CandidateProcess } from './candidates/candidate-process.ts';
import { checkGuarantees } from './candidates/check-guarantees.ts';
import { type Candidate, candidates, names } from './candidates/list.ts';
import { measureCpu } from './candidates/measure-cpu.ts';
import { type World, withWorld } from './candidates/world.ts';
import { isShort } from './outcome.ts';

// CPU time of the same operations with the same guarantees in what people would otherwise pick, on one PostgreSQL and one Redis.
const projects = Number(process.env.BENCH_PROJECTS ?? (isShort ? 100_000 : 1_000_000));
const sizes = isShort
  ? { processes: 3, rounds: 8, requests: 75, warmUp: 800 }
  : { processes: 6, rounds: 10, requests: 100, warmUp: 1_000 };

installPeers();
const bundles = await bundle('lambda');
await withWorld(projects, async (world) => {
  console.log(`${projects.toLocaleString('en')} projects of one organization\n`);
  await withProcesses(world, async (processes) => {
    const given: unknown[] = [];
    for (const name of names) given.push(await checkGuarantees(name, processes[name], world));
    const odd = names.find((_, index) => !isDeepStrictEqual(given[index], given[0]));
    if (odd) throw new Error(`${candidates[odd]} gives another project than ${candidates.floor}`);
    console.log(
      `Each gives the same JSON and refuses alike: ${names.map((name) => candidates[name]).join(', ')}.\n`,
    );
  });
  await measureCpu((work) => withProcesses(world, work), world, sizes);
});

async function withProcesses(
  world: World,
  work: (all: Record<Candidate, CandidateProcess>) => Promise<void>,
) {
  const started = names.map(
    (name) => [name, new CandidateProcess(bundles[name], world.environmentOf(name))] as const,
  );
  try {
    await Promise.all(started.map(([, process]) => process.ready()));
    await work(Object.fromEntries(started) as Record<Candidate, CandidateProcess>);
  } finally {
    await Promise.all(started.map(([, process]) => process.stop()));
  }
}
