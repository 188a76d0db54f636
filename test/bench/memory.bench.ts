import { join } from 'node:path';
import trimBundle from '#lib/generate/trim-bundle.ts';
import { bundleFile } from './candidates/build.ts';
import { CandidateProcess } from './candidates/candidate-process.ts';
import { createRequests, type Operation } from './candidates/request-events.ts';
import { withWorld } from './candidates/world.ts';
import { breakPromise, isShort, note } from './outcome.ts';
import { printTable } from './projects/measure.ts';

const mb = 2 ** 20;
const batch = 500;
const operations: Operation[] = ['read', 'read', 'read', 'list', 'create'];
// What GC and the allocator leave undone varies by more than this over any run; a leak of one small object a request is above it.
const leakBytesPerRequest = 64;

// Memory of one instance over many requests, after a collection each time. Ends with 1 when the heap grows.
await measureMemory(isShort ? 10_000 : 100_000);

async function measureMemory(total: number): Promise<void> {
  const ours = await bundleFile(join(import.meta.dirname, 'ours/lambda.ts'), 'ours-memory', {
    plugins: trimBundle,
  });
  await withWorld(5_000, async (world) => {
    const process = new CandidateProcess(ours, world.environmentOf('ours'), ['--expose-gc']);
    await process.ready();
    const make = createRequests(await world.issueTokens('ours'), world.projectIds);
    const samples: { requests: number; heapBytes: number; rssBytes: number }[] = [];
    for (let sent = 0; sent < total; sent += batch) {
      const { memory } = await process.do({
        requests: Array.from({ length: batch }, (_, index) =>
          make(operations[index % operations.length] as Operation),
        ),
      });
      if (memory) samples.push({ requests: sent + batch, ...memory });
    }
    await process.stop();
    report(samples);
  });
}

function report(samples: readonly { requests: number; heapBytes: number; rssBytes: number }[]): void {
  // The first half fills caches and compiles.
  const settled = samples.slice(Math.floor(samples.length / 2));
  const heap = slope(settled.map(({ requests, heapBytes }) => [requests, heapBytes]));
  const rss = slope(settled.map(({ requests, rssBytes }) => [requests, rssBytes]));
  const shown = [0.1, 0.25, 0.5, 0.75, 1].map((part) => samples[Math.ceil(samples.length * part) - 1]);
  console.log('### Memory of one instance\n');
  printTable(
    ['requests', 'heap MB', 'resident MB'],
    shown.map((one) => [
      (one?.requests ?? 0).toLocaleString('en'),
      ((one?.heapBytes ?? 0) / mb).toFixed(1),
      ((one?.rssBytes ?? 0) / mb).toFixed(1),
    ]),
  );
  console.log(
    `Slope over the second half: heap ${heap.toFixed(1)} bytes a request, resident ${rss.toFixed(1)}; allowed of the heap: ${leakBytesPerRequest}.\n`,
  );
  note({
    kind: 'lines',
    file: 'memory',
    title: 'Memory of one instance after a collection, MB',
    xTitle: 'requests',
    lines: [
      { label: 'resident', points: samples.map(({ requests, rssBytes }) => [requests, rssBytes / mb]) },
      { label: 'heap', points: samples.map(({ requests, heapBytes }) => [requests, heapBytes / mb]) },
    ],
  });
  if (heap > leakBytesPerRequest) breakPromise('the heap grows with every request.');
}

/** Least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [xMean, yMean] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const over = points.reduce((sum, [x, y]) => sum + (x - xMean) * (y - yMean), 0);
  return over / points.reduce((sum, [x]) => sum + (x - xMean) ** 2, 0);
}
