import { note, noteRatio } from '#test/bench/outcome.ts';
import { printTable } from '#test/bench/projects/measure.ts';
import { shuffle, spreadOf } from '#test/bench/spread.ts';
import type { CandidateProcess } from './candidate-process.ts';
import { type Candidate, candidates, names, peers } from './list.ts';
import { createRequests, operations, type Request, regulars } from './request-events.ts';
import type { World } from './world.ts';

export interface CpuSizes {
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

/** What a request costs in CPU time of all threads of the process, through the Lambda adapter of each, one request after the other. */
export async function measureCpu(
  processes: Record<Candidate, CandidateProcess>,
  world: World,
  { rounds, requests, warmUp }: CpuSizes,
): Promise<void> {
  const jobs = await createJobs(world);
  // Strangers come last: their tokens would push out those that are remembered.
  for (const group of [jobs.filter(isUsual), jobs.filter((job) => !isUsual(job))]) {
    for (const { name, next } of group) await processes[name].do({ requests: take(next, warmUp) });
    for (let round = 0; round < rounds; round++)
      for (const { name, next, cpu, wall } of shuffle(group)) {
        const { cpuUs, wallUs } = await processes[name].do({ requests: take(next, requests) });
        cpu.push(cpuUs);
        wall.push(wallUs);
      }
  }
  for (const work of Object.keys(titles) as Work[])
    report(
      work,
      jobs.filter((job) => job.work === work),
      `${rounds} rounds of ${requests}`,
    );
}

interface Job {
  readonly name: Candidate;
  readonly work: Work;
  readonly next: () => Request;
  readonly cpu: number[];
  readonly wall: number[];
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

function report(work: Work, jobs: readonly Job[], size: string): void {
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
  const cpuOf = (name: Candidate) => spreads.get(name)?.cpu.median ?? Number.NaN;
  const [leanest = peers[0] as Candidate] = peers.toSorted((one, other) => cpuOf(one) - cpuOf(other));
  const best = cpuOf(leanest);
  console.log(
    ours < best
      ? `Plinth leads: the leanest peer, ${candidates[leanest]}, takes ${(best / ours).toFixed(2)} times its CPU.\n`
      : `Plinth does not lead: it takes ${(ours / best).toFixed(2)} times the CPU of ${candidates[leanest]}.\n`,
  );
  noteRatio(`cpu: ${work}, ours of the leanest peer`, ours / best);
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
