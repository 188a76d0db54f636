import { bundle, installPeers } from './candidates/build.ts';
import { CandidateProcess } from './candidates/candidate-process.ts';
import { checkGuarantees } from './candidates/check-guarantees.ts';
import { type Candidate, candidates, names } from './candidates/list.ts';
import { measureColdStart } from './candidates/measure-cold-start.ts';
import { measureCpu } from './candidates/measure-cpu.ts';
import { measureHttp } from './candidates/measure-http.ts';
import { type World, withWorld } from './candidates/world.ts';
import { isShort } from './outcome.ts';

// The same operations with the same guarantees in what people would otherwise pick, on one PostgreSQL and one Redis: docs/benchmarks.
const sizes = {
  projects: Number(process.env.BENCH_PROJECTS ?? (isShort ? 100_000 : 1_000_000)),
  starts: isShort ? 7 : 25,
  cpu: isShort ? { rounds: 7, requests: 200, warmUp: 500 } : { rounds: 15, requests: 400, warmUp: 2_000 },
  http: isShort
    ? { ratesPerSecond: [100], seconds: 6, rounds: 1, warmUp: 400 }
    : { ratesPerSecond: [100, 300], seconds: 20, rounds: 3, warmUp: 2_000 },
};

installPeers();
const bundles = await bundle('lambda');
const servers = await bundle('server');
await withWorld(sizes.projects, async (world) => {
  console.log(`${sizes.projects.toLocaleString('en')} projects of one organization\n`);
  await withProcesses(world, async (processes) => {
    for (const name of names) await checkGuarantees(name, processes[name], world);
    console.log(
      `Each gives the same JSON and refuses alike: ${names.map((name) => candidates[name]).join(', ')}.\n`,
    );
  });
  await withProcesses(world, (processes) => measureCpu(processes, world, sizes.cpu));
  await measureColdStart(bundles, world, sizes.starts);
  await measureHttp(servers, world, sizes.http);
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
