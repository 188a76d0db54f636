import { spawnSync } from 'node:child_process';
import { noteRatio } from './outcome.ts';

// the whole pipeline without I/O, over a bare handler, in one run. The access line and the metrics are formatted, then
// dropped instead of written: POWERTOOLS_DEV has them go to the console, which is stubbed. Powertools reads its settings at
// import, hence the process of its own.
if (process.env.POWERTOOLS_LOG_LEVEL === undefined) {
  const env = {
    ...process.env,
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_METRICS_DISABLED: 'false',
    POWERTOOLS_DEV: 'true',
  };
  spawnSync(process.execPath, [import.meta.filename], { env, stdio: 'inherit' });
} else {
  await measure();
}

async function measure(): Promise<void> {
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
  const results = {
    bare: [] as number[],
    'an event as JSON and back': [] as number[],
    pipeline: [] as number[],
  };
  for (let round = 0; round < 7; round++) {
    results.bare.push(await microsecondsPerCall(bare));
    results['an event as JSON and back'].push(await microsecondsPerCall(json));
    results.pipeline.push(await microsecondsPerCall(pipeline));
  }
  console.log = log;
  if (lines !== 7 * 22_000 * 2) throw new Error(`${lines} lines`);
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[3] ?? 0;
  console.log('| | us per call (median of 7) | min | max |\n| --- | --- | --- | --- |');
  for (const [name, values] of Object.entries(results))
    console.log(
      `| ${name} | ${median(values).toFixed(1)} | ${Math.min(...values).toFixed(1)} | ${Math.max(...values).toFixed(1)} |`,
    );
  console.log(
    `| over the bare handler | ${(median(results.pipeline) - median(results.bare)).toFixed(1)} | | |`,
  );
  const over = median(results.pipeline) - median(results.bare);
  noteRatio('pipeline: of an event as JSON and back', over / median(results['an event as JSON and back']));
}

async function microsecondsPerCall(call: () => Promise<unknown>): Promise<number> {
  const calls = 20_000;
  for (let warmUp = 0; warmUp < 2_000; warmUp++) await call();
  const before = performance.now();
  for (let count = 0; count < calls; count++) await call();
  return ((performance.now() - before) * 1000) / calls;
}
