import { execFileSync } from 'node:child_process';

// the whole pipeline without I/O, over a bare handler, in one run. The bare handler writes a line as long as our access
// line, because writing is I/O. Powertools reads its settings at import, hence the process of its own.
if (process.env.POWERTOOLS_LOG_LEVEL === undefined) {
  const environment = { ...process.env, POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'true' };
  process.stdout.write(
    execFileSync(process.execPath, [import.meta.filename], { env: environment, maxBuffer: 2 ** 30 })
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .join('\n'),
  );
} else {
  await measure();
}

async function measure(): Promise<void> {
  const { handler } = await import('../../functions/health/get-liveness.ts');
  const { lambdaContext, toEvent } = await import('../support/event.ts');
  // Many callers, so that none of them meets its limit.
  const events = Array.from({ length: 1_000 }, () => toEvent(handler, {}));
  let next = 0;
  const context = lambdaContext();
  const line = 'x'.repeat(330);
  const bare = async () => {
    process.stdout.write(`${line}\n`);
    const headers = { 'content-type': 'application/health+json' };
    return { statusCode: 200, headers, body: JSON.stringify({ status: 'pass' }) };
  };
  const pipeline = () => handler(events[next++ % events.length] as (typeof events)[0], context);

  const rounds = Array.from({ length: 7 }, () => 0);
  const results = { bare: [] as number[], pipeline: [] as number[] };
  for (const _ of rounds) {
    results.bare.push(await microsecondsPerCall(bare));
    results.pipeline.push(await microsecondsPerCall(pipeline));
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[3] ?? 0;
  console.log('| | us per call (median of 7) | min | max |\n| --- | --- | --- | --- |');
  for (const [name, values] of Object.entries(results))
    console.log(
      `| ${name} | ${median(values).toFixed(1)} | ${Math.min(...values).toFixed(1)} | ${Math.max(...values).toFixed(1)} |`,
    );
  console.log(
    `| over the bare handler | ${(median(results.pipeline) - median(results.bare)).toFixed(1)} | | |`,
  );
}

async function microsecondsPerCall(call: () => Promise<unknown>): Promise<number> {
  const calls = 20_000;
  for (let warmUp = 0; warmUp < 2_000; warmUp++) await call();
  const before = performance.now();
  for (let count = 0; count < calls; count++) await call();
  return ((performance.now() - before) * 1000) / calls;
}
