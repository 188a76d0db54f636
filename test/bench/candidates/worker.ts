import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { createRequire } from 'node:module';
import type { Request } from './request-events.ts';
import { toEvent } from './request-events.ts';

// A process with one candidate: what it is sent it handles one after the other, as an instance of Lambda does.
export interface Work {
  readonly requests: readonly Request[];
  /** Of this many the answers are sent back; else only what they cost. */
  readonly keepAnswers?: boolean;
  /** How often to look at what is running; nothing looks without it. */
  readonly profileEveryUs?: number;
}

export interface Done {
  readonly cpuUs: number;
  readonly wallUs: number;
  readonly answers: readonly Answer[];
  readonly profile?: Profiler.Profile;
  /** After a collection; only with --expose-gc. */
  readonly memory?: { readonly heapBytes: number; readonly rssBytes: number };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const { handler } = createRequire(import.meta.url)(process.argv[2] ?? '');

process.on('message', async ({ requests, keepAnswers, profileEveryUs }: Work) => {
  const events = requests.map(toEvent);
  const answers: Answer[] = [];
  let failure: string | undefined;
  const stopProfile = profileEveryUs ? await startProfile(profileEveryUs) : undefined;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  for (const event of events) {
    const { statusCode, headers, body } = await handler(event, lambdaContext());
    if (statusCode >= 300) failure = `${statusCode} ${body}`;
    if (keepAnswers) answers.push({ status: statusCode, headers, body });
  }
  const wallUs = (performance.now() - startedAt) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  const profile = await stopProfile?.();
  if (failure && !keepAnswers) throw new Error(failure);
  process.send?.({
    cpuUs: (user + system) / events.length,
    wallUs: wallUs / events.length,
    answers,
    ...(profile && { profile }),
    ...(globalThis.gc && { memory: memoryAfter(globalThis.gc) }),
  } satisfies Done);
});
process.once('disconnect', () => process.exit());
process.send?.('ready');

async function startProfile(interval: number): Promise<() => Promise<Profiler.Profile>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    return profile;
  };
}

function memoryAfter(collect: () => void) {
  collect();
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
  return { heapBytes, rssBytes };
}

function lambdaContext() {
  const endsAt = performance.now() + 10_000;
  return {
    functionName: 'bench',
    awsRequestId: 'bench',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => endsAt - performance.now(),
  };
}
