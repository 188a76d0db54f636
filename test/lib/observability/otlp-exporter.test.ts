import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { getConfig } from '#lib/config/get-config.ts';
import { getPool } from '#lib/db/client.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';
import { PermanentFailure } from '#lib/jobs/classify-failure.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { logger } from '#lib/observability/logger.ts';
import { forgetExportPause } from '#lib/observability/otlp-exporter.ts';
import { noteSpan } from '#lib/observability/spans.ts';
import { sqlComment } from '#lib/observability/sql-comment.ts';
import { nextTraceparent } from '#lib/observability/trace-context.ts';
import { call } from '#test/support/call.ts';
import { lambdaContext } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createJob, dispatchJob, findRuns, systemContext } from '#test/support/ledger.ts';
import { sql } from '#test/support/tenant.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerSpanId = '00f067aa0ba902b7';
const sampled = { traceparent: `00-${traceId}-${callerSpanId}-01` };

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const AnyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const Attributes = z.array(z.strictObject({ key: z.string().min(1), value: AnyValue }));
const SpanShape = z.strictObject({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: hex(16).optional(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: Attributes,
  status: z.strictObject({ code: z.int().min(0).max(2) }),
});
/** opentelemetry-proto 1: ExportTraceServiceRequest, as far as it is used here; strict, so that a misspelt field is found. */
const ExportRequest = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: Attributes }),
      scopeSpans: z.array(
        z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(SpanShape) }),
      ),
    }),
  ),
});

const received: { url: string | undefined; type: string | undefined; body: string }[] = [];
let status: number | undefined = 200;
const collector = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  received.push({
    url: request.url,
    type: request.headers['content-type'],
    body: Buffer.concat(chunks).toString(),
  });
  if (status) response.writeHead(status, { 'content-type': 'application/json' }).end('{"partialSuccess":{}}');
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
const { port } = collector.address() as AddressInfo;
const config = getConfig() as { TRACING: string; OTLP_ENDPOINT: string; TRACE_SAMPLE_RATIO: number };

afterAll(() => {
  collector.closeAllConnections();
  collector.close();
});

// A busy test machine needs more than the budget; where it matters it is the real one.
const { timeout } = AbortSignal;
const patiently = () =>
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout.call(AbortSignal, ms * 100));

beforeEach(() => {
  patiently();
  Object.assign(config, {
    TRACING: 'otlp',
    OTLP_ENDPOINT: `http://127.0.0.1:${port}/`,
    TRACE_SAMPLE_RATIO: 0,
  });
  received.length = 0;
  status = 200;
  forgetExportPause();
});

let during = () => {};
const endpoint = definePublicEndpoint(
  {
    id: 'traced',
    method: 'GET',
    path: '/traced/{id}',
    summary: 'Be traced',
    rateLimit: 'read',
    statements: 0,
    response: { status: 200, schema: z.object({ text: z.string() }) },
  },
  async () => {
    const startedAt = performance.now();
    during();
    noteSpan('postgresql', startedAt, 'client');
    return { text: 'fine' };
  },
);

function readSpans(index = 0) {
  const { resourceSpans } = ExportRequest.parse(JSON.parse(received[index]?.body ?? ''));
  const spans = resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  return {
    resource: resourceSpans[0]?.resource,
    spans,
    byName: (name: string) => spans.find((span) => span.name === name),
  };
}

test('a sampled request sends its spans in one request that has the shape of OTLP', async () => {
  during = () => {};
  const before = BigInt(Date.now() - 1) * 1_000_000n;
  await call(endpoint, { headers: sampled, params: { id: '7' } });
  const after = BigInt(Date.now() + 1) * 1_000_000n;
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({ url: '/v1/traces', type: 'application/json' });
  const { resource, spans, byName } = readSpans();
  expect(resource?.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'plinth' } });
  const root = byName('GET /traced/{id}');
  expect(root).toMatchObject({ traceId, parentSpanId: callerSpanId, kind: 2, status: { code: 0 } });
  expect(root?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: '200' } });
  const parts = spans.filter((span) => span !== root);
  expect(parts.map(({ name, kind }) => [name, kind]).sort()).toEqual([
    ['postgresql', 3],
    ['redis', 3],
    ['traced', 1],
  ]);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4);
  for (const part of parts) {
    expect(part).toMatchObject({ traceId, parentSpanId: root?.spanId });
    expect(BigInt(part.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(root?.startTimeUnixNano ?? 0));
    expect(BigInt(part.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(part.startTimeUnixNano));
    expect(BigInt(part.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(root?.endTimeUnixNano ?? 0));
  }
  expect(BigInt(root?.startTimeUnixNano ?? 0)).toBeGreaterThan(before);
  expect(BigInt(root?.endTimeUnixNano ?? 0)).toBeLessThan(after);
});

test('what is called on the way, and the statements, name the span that is recorded', async () => {
  const told: string[] = [];
  during = () => told.push(nextTraceparent(), sqlComment());
  await call(endpoint, { headers: sampled });
  const root = readSpans().byName('GET /traced/{id}');
  const traceparent = `00-${traceId}-${root?.spanId}-01`;
  expect(told).toEqual([traceparent, `/*traceparent='${traceparent}'*/`]);
});

test('a failure is told by the span, without its message', async () => {
  during = () => {
    throw new Error('hunter2');
  };
  await call(endpoint, { headers: sampled });
  takeErrorLogs();
  const root = readSpans().byName('GET /traced/{id}');
  expect(root?.status).toEqual({ code: 2 });
  expect(root?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'internal' } });
  expect(received[0]?.body).not.toContain('hunter2');
});

const oneStatement = () =>
  getPool()
    .execute('select 1')
    .then(() => ({}));

test('a run sends its spans as a part of the trace of its delivery', async () => {
  config.TRACE_SAMPLE_RATIO = 1;
  const job = createJob(oneStatement);
  await job({ time: new Date().toISOString() }, lambdaContext(60_000));
  expect(received).toHaveLength(2);
  const [ofRun, ofDelivery] = [readSpans(0).spans, readSpans(1).spans];
  const [run, ...parts] = ofRun;
  expect(run).toMatchObject({
    name: job.spec.id,
    traceId: ofDelivery[0]?.traceId,
    parentSpanId: ofDelivery[0]?.spanId,
    status: { code: 0 },
  });
  const [{ id } = { id: undefined }] = await findRuns(job);
  expect(run?.attributes).toContainEqual({ key: 'plinth.request_id', value: { stringValue: id } });
  expect(parts.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
    ['postgresql', run?.spanId],
    [job.spec.id, run?.spanId],
  ]);
  config.TRACE_SAMPLE_RATIO = 0;
  await job({ time: new Date(Date.now() - 1_000).toISOString() }, lambdaContext(60_000));
  expect(received).toHaveLength(2);
});

test('a run that was enqueued belongs to the trace of the request that did it, also when it fails', async () => {
  const job = createJob(() => oneStatement().then(() => Promise.reject(new PermanentFailure('hunter2'))));
  const id = await enqueue(systemContext, job.spec, undefined);
  await sql`update job_runs set traceparent = ${sampled.traceparent} where id = ${id}`;
  await dispatchJob(job);
  takeErrorLogs();
  expect(received).toHaveLength(1);
  const { spans } = readSpans();
  expect(spans).toMatchObject([
    { name: job.spec.id, traceId, parentSpanId: callerSpanId, status: { code: 2 } },
    { name: 'postgresql', traceId, parentSpanId: spans[0]?.spanId },
    { name: job.spec.id, traceId, parentSpanId: spans[0]?.spanId, status: { code: 2 } },
  ]);
  expect(received[0]?.body).not.toContain('hunter2');
});

test('what the caller does not sample is neither sent nor in a statement; without a caller the ratio decides', async () => {
  const comments: string[] = [];
  during = () => comments.push(sqlComment());
  await call(endpoint, { headers: { traceparent: `00-${traceId}-${callerSpanId}-00` } });
  await call(endpoint);
  expect(received).toHaveLength(0);
  config.TRACE_SAMPLE_RATIO = 1;
  await call(endpoint, { headers: { traceparent: `00-${traceId}-${callerSpanId}-00` } });
  expect(received).toHaveLength(0);
  await call(endpoint);
  expect(received).toHaveLength(1);
  expect(readSpans().byName('GET /traced/{id}')?.parentSpanId).toBeUndefined();
  config.TRACING = 'none';
  await call(endpoint, { headers: sampled });
  expect(received).toHaveLength(1);
  expect(comments.map((comment) => comment !== '')).toEqual([false, false, false, true, false]);
});

test.each([
  ['hangs', undefined],
  ['refuses', 503],
] as const)('a collector that %s costs one answer its budget, and then none', async (_, broken) => {
  during = () => {};
  const warn = vi.spyOn(logger, 'warn');
  status = broken;
  if (broken === undefined) vi.mocked(AbortSignal.timeout).mockRestore();
  expect((await call(endpoint, { headers: sampled })).status).toBe(200);
  expect(warn).toHaveBeenCalledWith('spans were not exported', expect.anything());
  status = 200;
  await call(endpoint, { headers: sampled });
  expect(received.length).toBeLessThanOrEqual(1);
  warn.mockRestore();
});
