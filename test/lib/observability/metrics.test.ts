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
});
