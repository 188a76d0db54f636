import { note, noteRatio } from '#test/bench/outcome.ts';
import { printTable } from '#test/bench/projects/measure.ts';
import { compareRounds, shuffle, spreadOf, verdictOf } from '#test/bench/spread.ts';
import type { CandidateProcess } from './candidate-process.ts';
import { type Candidate, candidates, names, peerOverRest, peers } from './list.ts';
import { createRequests, operations, type Request, regulars } from './request-events.ts';
import type { World } from './world.ts';

export interface CpuSizes {
  /** Of each candidate, one after the other. */
  readonly processes: number;
  /** In each of them. */
  readonly rounds: number;
  readonly requests: number;
  readonly warmUp: number;
}

const titles = {
  read: 'GET one project',
  list: 'GET a page of 25',
  create: 'POST a project',
  stranger: 'GET one project, each request with a token that was not seen before',
};
type Work = keyof typeof titles;
// More tokens than an instance of ours remembers (1,000), so that none is remembered when its turn comes again.
const strangerRounds = 3;

type Processes = Record<Candidate, CandidateProcess>;

/**
 * What a request costs in CPU time of all threads of the process, through the Lambda adapter of each, one request after the other. In several
 * processes, as what V8 makes of the same code differs from one to the next by up to a fifth.
 */
export async function measureCpu(
  withProcesses: (work: (processes: Processes) => Promise<void>) => Promise<void>,
  world: World,
  sizes: CpuSizes,
): Promise<void> {
  const all: Job[] = [];
  for (let one = 0; one < sizes.processes; one++) {
    // Anew, as tokens live for a quarter of an hour.
    const jobs = await createJobs(world);
    await withProcesses(async (processes) => {
      // Strangers come last: their tokens would push out those that are remembered.
      for (const group of [jobs.filter(isUsual), jobs.filter((job) => !isUsual(job))])
        await measureGroup(processes, group, sizes);
    });
    all.push(...jobs);
  }
  for (const work of Object.keys(titles) as Work[])
    report(
      work,
      joinByName(all.filter((job) => job.work === work)),
      `${sizes.processes} processes, ${sizes.rounds} rounds of ${sizes.requests} each`,
    );
}

async function measureGroup(
  processes: Processes,
  group: readonly Job[],
  { rounds, requests, warmUp }: CpuSizes,
): Promise<void> {
  for (const { name, next } of group) await processes[name].do({ requests: take(next, warmUp) });
  for (let round = 0; round < rounds; round++)
    for (const work of new Set(group.map((job) => job.work)))
      for (const { name, next, cpu, wall } of shuffle(group.filter((job) => job.work === work))) {
        const { cpuUs, wallUs } = await processes[name].do({ requests: take(next, requests) });
        cpu.push(cpuUs);
        wall.push(wallUs);
      }
}

interface Job {
  readonly name: Candidate;
  readonly work: Work;
  readonly next: () => Request;
  readonly cpu: number[];
  readonly wall: number[];
}

type Measured = Pick<Job, 'name' | 'cpu' | 'wall'>;

function joinByName(jobs: readonly Job[]): Measured[] {
  return [...Map.groupBy(jobs, ({ name }) => name)].map(([name, ofName]) => ({
    name,
    cpu: ofName.flatMap(({ cpu }) => cpu),
    wall: ofName.flatMap(({ wall }) => wall),
  }));
}

function isUsual({ work }: Job): boolean {
  return work !== 'stranger';
}

async function createJobs(world: World): Promise<Job[]> {
  const jobs: Job[] = [];
  const add = (name: Candidate, work: Work, next: () => Request) =>
    jobs.push({ name, work, next, cpu: [], wall: [] });
  for (const name of names) {
    const make = createRequests((await world.issueTokens(name)).slice(-regulars), world.projectIds);
    for (const operation of operations) add(name, operation, () => make(operation));
    if (name === 'floor') continue;
    const strange = createRequests(await world.issueTokens(name, strangerRounds), world.projectIds);
    add(name, 'stranger', () => strange('read'));
  }
  return jobs;
}

function take(next: () => Request, count: number): Request[] {
  return Array.from({ length: count }, next);
}

function report(work: Work, jobs: readonly Measured[], size: string): void {
  const spreads = new Map(
    jobs.map(({ name, cpu, wall }) => [name, { cpu: spreadOf(cpu), wall: spreadOf(wall) }]),
  );
  const ours = spreads.get('ours')?.cpu.median ?? Number.NaN;
  console.log(`### ${titles[work]}\n`);
  printTable(
    [`us a request, ${size}`, 'CPU, median', 'quartiles', 'of ours', 'until the answer, median'],
    [...spreads].map(([name, { cpu, wall }]) => [
      candidates[name],
      cpu.median.toFixed(0),
      `${cpu.low.toFixed(0)} … ${cpu.high.toFixed(0)}`,
      cpu.median / ours,
      wall.median.toFixed(0),
    ]),
  );
  const roundsOf = (name: Candidate, of: 'cpu' | 'wall') => jobs.find((job) => job.name === name)?.[of] ?? [];
  const compared = (name: Candidate, of: 'cpu' | 'wall' = 'cpu') =>
    compareRounds(roundsOf('ours', of), roundsOf(name, of));
  const best = (of: 'cpu' | 'wall') =>
    peers.toSorted((one, other) => compared(other, of).median - compared(one, of).median)[0] ?? peerOverRest;
  const [leanest, quickest] = [best('cpu'), best('wall')];
  const describe = (name: Candidate, of: 'cpu' | 'wall') => {
    const { median, low, high } = compared(name, of);
    return `${median.toFixed(2)} times (${low.toFixed(2)} … ${high.toFixed(2)}) that of ${candidates[name]}: it ${verdictOf(compared(name, of))}`;
  };
  console.log(
    `By the median of the rounds and their quartiles, Plinth takes, in CPU time, beside the leanest peer ${describe(leanest, 'cpu')}; with the same Redis ${describe(peerOverRest, 'cpu')}. In time until the answer, beside the quickest, ${describe(quickest, 'wall')}.\n`,
  );
  noteRatio(`cpu: ${work}, ours of the leanest peer`, compared(leanest).median);
  noteRatio(`cpu: ${work}, ours of ${candidates[peerOverRest]}`, compared(peerOverRest).median);
  note({
    kind: 'bars',
    file: `peers-cpu-${work}`,
    title: `${titles[work]}: CPU us a request`,
    bars: [...spreads].map(([name, { cpu }]) => ({
      label: candidates[name],
      value: cpu.median,
      low: cpu.low,
      high: cpu.high,
      isOurs: name === 'ours',
    })),
  });
}
