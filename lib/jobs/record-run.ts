import { beginRecording, exportSpans } from '#lib/observability/otlp-exporter.ts';

/**
 * Records `work`, the run under way, where its trace is sampled, and sends what was recorded: the invocation of its delivery is another
 * one, and knows nothing of it. The result or error passes through unchanged.
 */
export async function recordRun<T>(job: string, runId: string, work: () => Promise<T>): Promise<T> {
  beginRecording();
  const startedAtMs = performance.now();
  let isError = true;
  try {
    const result = await work();
    isError = false;
    return result;
  } finally {
    const attributes = { 'plinth.operation': job, 'plinth.request_id': runId };
    await exportSpans({ name: job, kind: 'internal', startedAtMs, isError, attributes });
  }
}
