// What watching costs, in-process and without I/O.
Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' });
await measure();

async function measure(): Promise<void> {
  // Only now: Powertools reads its settings when it is imported.
  const { handler: getLiveness } = await import('#functions/health/get-liveness.ts');
  const { handler: getProblem } = await import('#functions/docs/get-problem.ts');
  const { takeIncrements } = await import('#lib/observability/increments.ts');
  const { recordMeasurement } = await import('#lib/observability/record-measurement.ts');
  const { lambdaContext, toEvent } = await import('#test/support/event.ts');
  const context = lambdaContext(3_600_000);
  const call = (handler: typeof getLiveness, params: Record<string, string>) => {
    const events = Array.from({ length: 1_000 }, () => toEvent(handler, { params }));
    let next = 0;
    return () => handler(events[next++ % events.length] as (typeof events)[0], context);
  };
  let measured = 0;
  const record = () => {
    const durationMs = 1 + (measured % 997) / 3;
    recordMeasurement({ operation: 'listProjects', outcome: 200, durationMs, isColdStart: false });
    // A gate call takes what one request has measured.
    if (measured++ % 2 === 0) takeIncrements();
  };
  const rows: [string, number[]][] = [
    ['recording a measurement', await times(record)],
    ['GET /api/v1/health/live', await times(call(getLiveness, {}))],
    ['GET /problems/{code}, found', await times(call(getProblem, { code: 'internal' }))],
    ['GET /problems/{code}, an error', await times(call(getProblem, { code: 'unheard_of' }))],
  ];
  console.log('| | median us | p99 us |\n| --- | --- | --- |');
  for (const [name, values] of rows)
    console.log(`| ${name} | ${at(values, 0.5).toFixed(1)} | ${at(values, 0.99).toFixed(1)} |`);
}

async function times(work: () => unknown): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < 22_000; round++) {
    const before = performance.now();
    await work();
    if (round >= 2_000) values.push((performance.now() - before) * 1000);
  }
  return values.sort((a, b) => a - b);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}
