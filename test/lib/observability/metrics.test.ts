import { expect, test, vi } from 'vitest';

// Powertools and the module read them at import.
process.env.POWERTOOLS_METRICS_DISABLED = 'false';
process.env.PLINTH_STAGE = 'test';

test('CloudWatch gets one line an invocation, with service, stage and operation as its only dimensions', async () => {
  const { recordAcceptedForgeries, recordInvocation } = await import('#lib/observability/metrics.ts');
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  for (const operation of ['listProjects', 'getProject'])
    recordInvocation({ operation, durationMs: 12.5, isFault: true, isColdStart: false });
  recordAcceptedForgeries(0);
  write.mockRestore();
  const [first, second, third] = lines.map((line) => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(first).toMatchObject({
    service: 'plinth',
    stage: 'test',
    operation: 'listProjects',
    DurationMs: 12.5,
    Faults: 1,
    ColdStarts: 0,
  });
  expect(second.operation).toBe('getProject');
  const dimensionsOf = (line: typeof first) => line._aws.CloudWatchMetrics[0].Dimensions[0].toSorted();
  expect(dimensionsOf(first)).toEqual(['operation', 'service', 'stage']);
  expect(third.AcceptedForgeries).toBe(0);
  expect(dimensionsOf(third)).toEqual(['service', 'stage']);
  const unitsOf = (line: typeof first) =>
    line._aws.CloudWatchMetrics[0].Metrics.map(({ Name, Unit }: Record<string, string>) => [Name, Unit]);
  expect(unitsOf(first)).toEqual([
    ['DurationMs', 'Milliseconds'],
    ['Faults', 'Count'],
    ['ColdStarts', 'Count'],
  ]);
  expect(unitsOf(third)).toEqual([['AcceptedForgeries', 'Count']]);
});

test('each line of an operation has its own time and numbers', async () => {
  const { recordInvocation } = await import('#lib/observability/metrics.ts');
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const now = vi.spyOn(Date, 'now').mockReturnValue(1_000_001);
  recordInvocation({ operation: 'getProject', durationMs: 0.1 + 0.2, isFault: false, isColdStart: true });
  now.mockReturnValue(1_000_002);
  recordInvocation({ operation: 'getProject', durationMs: 7, isFault: true, isColdStart: false });
  now.mockRestore();
  write.mockRestore();
  const numbers = lines
    .map((line) => JSON.parse(line))
    .map(({ _aws, DurationMs, Faults, ColdStarts }) => [_aws.Timestamp, DurationMs, Faults, ColdStarts]);
  expect(numbers).toEqual([
    [1_000_001, 0.1 + 0.2, 0, 1],
    [1_000_002, 7, 1, 0],
  ]);
});
