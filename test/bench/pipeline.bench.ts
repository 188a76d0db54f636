import { noteRatio } from './outcome.ts';
import { quantile } from './spread.ts';

// the whole pipeline without I/O, over a bare handler, in one run. The access line and the metrics are formatted, then
// dropped instead of written: POWERTOOLS_DEV has them go to the console, which is stubbed.
const rounds = 25;
const [calls, warmUps] = [5_000, 1_000];

Object.assign(process.env, {
  POWERTOOLS_LOG_LEVEL: 'INFO',
  POWERTOOLS_METRICS_DISABLED: 'false',
  POWERTOOLS_DEV: 'true',
});
await measure();

async function measure(): Promise<void> {
  // Only now: Powertools reads its settings when it is imported.
  const { handler } = await import('#functions/health/get-liveness.ts');
  const { lambdaContext, toEvent } = await import('#test/support/event.ts');
  // Many callers, so that none of them meets its limit.
  const events = Array.from({ length: 1_000 }, () => toEvent(handler, {}));
  let next = 0;
  const context = lambdaContext();
  const bare = async () => {
    const headers = { 'content-type': 'application/health+json' };
    return { statusCode: 200, headers, body: JSON.stringify({ status: 'pass' }) };
  };
  let lines = 0;
  const { log } = console;
  console.info = console.log = () => lines++;
  const pipeline = () => handler(events[next++ % events.length] as (typeof events)[0], context);

  // What the ratio is taken of: long enough to be measured well, and nothing of ours is in it.
  const json = async () => JSON.parse(JSON.stringify(events[next++ % events.length]));
  const works = { bare, 'an event as JSON and back': json, pipeline };
  const times = {
    bare: [] as number[],
    'an event as JSON and back': [] as number[],
    pipeline: [] as number[],
  };
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries(works))
      times[name as keyof typeof times].push(await microsecondsPerCall(work));
  console.log = log;
  if (lines !== rounds * (calls + warmUps) * 2) throw new Error(`${lines} lines`);
  print(times);
}

function print(times: Record<'bare' | 'an event as JSON and back' | 'pipeline', readonly number[]>): void {
  const over = (share: number) => quantile(times.pipeline, share) - quantile(times.bare, share);
  console.log(`| | CPU us per call (median of ${rounds}) | min | max |\n| --- | --- | --- | --- |`);
  for (const [name, values] of Object.entries(times))
    console.log(
      `| ${name} | ${[quantile(values, 0.5), Math.min(...values), Math.max(...values)].map((us) => us.toFixed(1)).join(' | ')} |`,
    );
  console.log(`| over the bare handler | ${over(0.5).toFixed(1)} | ${over(0).toFixed(1)} | |`);
  // Of the least: whatever else the machine does only adds to a time.
  noteRatio(
    'pipeline: of an event as JSON and back',
    over(0) / Math.min(...times['an event as JSON and back']),
  );
}

async function microsecondsPerCall(call: () => Promise<unknown>): Promise<number> {
  for (let warmUp = 0; warmUp < warmUps; warmUp++) await call();
  const before = process.cpuUsage();
  for (let count = 0; count < calls; count++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
