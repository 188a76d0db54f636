import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import trimBundle from '#lib/generate/trim-bundle.ts';
import { bundleFile } from './candidates/build.ts';
import { CandidateProcess } from './candidates/candidate-process.ts';
import { createRequests, operations, regulars } from './candidates/request-events.ts';
import { withWorld } from './candidates/world.ts';
import { isShort } from './outcome.ts';
import { attributeTime, groupNames, type Locate, type SelfTime } from './profile/attribute-time.ts';
import { printTable } from './projects/measure.ts';

// Where the CPU time of our requests goes: a profile of one instance under the same load as in peers.bench.ts.
const [warmUp, requests] = isShort ? [1_000, 2_000] : [2_000, 8_000];
const everyUs = 200;
const shown = 10;
const root = join(import.meta.dirname, '../..');
const titles = { read: 'GET one project', list: 'GET a page of 25', create: 'POST a project' };

const bundle = await bundleFile(join(import.meta.dirname, 'ours/lambda.ts'), 'ours-profile', {
  plugins: trimBundle,
  // As deployed but for its names, which the profile is to tell.
  minify: false,
});
const locate = createLocate(bundle);

await withWorld(20_000, async (world) => {
  const process = await new CandidateProcess(bundle, world.environmentOf('ours')).ready();
  const make = createRequests((await world.issueTokens('ours')).slice(-regulars), world.projectIds);
  const profiles: SelfTime[][] = [];
  const cpu: number[] = [];
  for (const operation of operations) {
    const take = (count: number) => Array.from({ length: count }, () => make(operation));
    await process.do({ requests: take(warmUp) });
    const { profile, cpuUs } = await process.do({ requests: take(requests), profileEveryUs: everyUs });
    if (!profile) throw new Error('the worker has sent no profile');
    profiles.push(attributeTime(profile, locate));
    cpu.push(cpuUs);
  }
  await process.stop();
  report(profiles, cpu);
});

function report(profiles: readonly SelfTime[][], cpu: readonly number[]): void {
  const totals = profiles.map((one) => sum(one));
  const share = (us: number, index: number) => `${((100 * us) / (totals[index] ?? 0)).toFixed(0)} %`;
  console.log('### Self time by group\n');
  printTable(
    ['of what was not idle', ...operations.map((operation) => titles[operation])],
    [
      ...groupNames.map((name) => [
        name,
        ...profiles.map((one, index) => share(sum(one.filter(({ group }) => group === name)), index)),
      ]),
      [
        `all, us a request, with the profiler at work (${requests} requests)`,
        ...totals.map((us) => (us / requests).toFixed(0)),
      ],
      [
        'CPU time of the process, all threads, kernel and profiler: us a request',
        ...cpu.map((us) => us.toFixed(0)),
      ],
    ],
  );
  for (const [index, operation] of operations.entries()) {
    console.log(`### ${titles[operation]}: the ten functions that take most themselves\n`);
    printTable(
      ['function', 'from', 'counted for', 'share'],
      (profiles[index] ?? [])
        .slice(0, shown)
        .map(({ name, file, group, us }) => [`\`${name}\``, file, group, share(us, index)]),
    );
  }
}

function sum(times: readonly SelfTime[]): number {
  return times.reduce((total, { us }) => total + us, 0);
}

/** By the comment that esbuild writes above each file of a bundle; not by a map, as some packages bring maps that name files elsewhere. */
function createLocate(file: string): Locate {
  let source = 'the bundle';
  const sources = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => {
      source =
        /^\s*\/\/ (\S+\.[cm]?[jt]s)$/.exec(line)?.[1]?.replace(/^.*node_modules\//, 'node_modules/') ??
        source;
      return source;
    });
  return ({ url, lineNumber }) => {
    if (url.endsWith(file)) return sources[lineNumber] ?? source;
    return url.startsWith('file:') ? relative(root, new URL(url).pathname) : url || 'V8 and libuv';
  };
}
