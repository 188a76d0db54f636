import { randomBytes } from 'node:crypto';
import { getConfig } from '#lib/config/get-config.ts';
import { getInvocation } from '#lib/invocation.ts';
import { logger } from './logger.ts';
import { postTelemetry } from './post-telemetry.ts';
import type { Span } from './spans.ts';
import { createSpanId, type TraceContext } from './trace-context.ts';

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** The whole invocation, of which all its spans are parts. */
export interface RootSpan {
  readonly name: string;
  readonly kind: 'server' | 'internal';
  readonly startedAtMs: number;
  readonly isError: boolean;
  readonly attributes: Attributes;
}

// Collectors are on the same host or in the same region, and only a sampled request waits.
const budgetMs = 100;
// A collector that is away costs one request in this time its budget.
const pauseMs = 10_000;

const kinds = { internal: 1, server: 2, client: 3 };

let pausedUntilMs = 0;

/** Decides with TRACING=otlp whether the invocation under way is recorded: as its caller decided, else TRACE_SAMPLE_RATIO of them. */
export function beginRecording(): void {
  const { TRACING, TRACE_SAMPLE_RATIO } = getConfig();
  const invocation = getInvocation();
  if (TRACING !== 'otlp' || !invocation) return;
  if (invocation.trace?.parentSpanId === undefined)
    invocation.trace = {
      traceId: invocation.trace?.traceId ?? randomBytes(16).toString('hex'),
      parentSpanId: undefined,
      isSampled: Math.random() < TRACE_SAMPLE_RATIO,
    };
  if (invocation.trace.isSampled) invocation.recording = { rootSpanId: createSpanId(), spans: [] };
}

/**
 * Sends the spans of the invocation under way to the collector, if it is recorded: one request, at most 100 ms, never repeated. Never
 * throws; spans that do not arrive are lost, and while the collector is away those of ten seconds.
 */
export function exportSpans(root: RootSpan): Promise<void> | undefined {
  const invocation = getInvocation();
  if (!invocation?.recording || !invocation.trace || performance.now() < pausedUntilMs) return undefined;
  return send(toRequest(root, invocation.recording, invocation.trace));
}

async function send(body: object): Promise<void> {
  try {
    const url = `${getConfig().OTLP_ENDPOINT.replace(/\/$/, '')}/v1/traces`;
    const headers = { 'content-type': 'application/json' };
    const { ok, status } = await postTelemetry(url, headers, JSON.stringify(body), budgetMs);
    if (!ok) throw new Error(`the collector answers ${status}`);
  } catch (error) {
    pausedUntilMs = performance.now() + pauseMs;
    logger.warn('spans were not exported', { error: error as Error });
  }
}

/** An ExportTraceServiceRequest in the JSON form of OTLP 1. */
function toRequest(
  root: RootSpan,
  { rootSpanId, spans }: { rootSpanId: string; spans: readonly Span[] },
  { traceId, parentSpanId }: TraceContext,
): object {
  const { RELEASE, PLINTH_STAGE } = getConfig();
  const epochMs = Date.now() - performance.now();
  const toNanoseconds = (ms: number) => `${Math.round((epochMs + ms) * 1000)}000`;
  const toSpan = (span: Omit<RootSpan, 'kind'> & { kind: keyof typeof kinds; endedAtMs: number }) => ({
    traceId,
    name: span.name,
    kind: kinds[span.kind],
    startTimeUnixNano: toNanoseconds(span.startedAtMs),
    endTimeUnixNano: toNanoseconds(span.endedAtMs),
    attributes: toAttributes(span.attributes),
    status: { code: span.isError ? 2 : 0 },
  });
  const whole = toSpan({ ...root, endedAtMs: performance.now() });
  const parts = spans.map((span) => ({
    ...toSpan({ ...span, attributes: {} }),
    spanId: createSpanId(),
    parentSpanId: rootSpanId,
  }));
  const resource = {
    attributes: toAttributes({
      'service.name': 'plinth',
      'service.version': RELEASE,
      'deployment.environment.name': PLINTH_STAGE,
    }),
  };
  const first = { ...whole, spanId: rootSpanId, ...(parentSpanId && { parentSpanId }) };
  return {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'plinth' }, spans: [first, ...parts] }] }],
  };
}

function toAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: toAnyValue(value) }));
}

function toAnyValue(value: Attributes[string]): object {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') return { stringValue: String(value) };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** For tests: the collector is asked again. */
export function forgetExportPause(): void {
  pausedUntilMs = 0;
}
