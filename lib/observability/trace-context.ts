import { randomBytes } from 'node:crypto';
import { getInvocation, type Invocation } from '#lib/invocation.ts';

const version00 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
// W3C Trace Context, 3.2.2 and 4: of a later version the parts that we know count; ff is no version.
const laterVersion = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;
const amazonRoot = /Root=1-([0-9a-f]{8})-([0-9a-f]{24})/;
const maxHeaderLength = 200;

/** What every part of the work for one request shares, across services. */
export interface TraceContext {
  readonly traceId: string;
  /** The span of whoever called; undefined when the trace begins here. */
  readonly parentSpanId: string | undefined;
  readonly isSampled: boolean;
}

/** A `traceparent` header by W3C Trace Context; undefined for anything that has to be ignored. */
export function parseTraceparent(header: string): TraceContext | undefined {
  if (header.length > maxHeaderLength) return undefined;
  const [, traceId, parentSpanId, flags] = version00.exec(header) ?? laterVersion.exec(header) ?? [];
  if (!traceId || !parentSpanId || !flags || zeros.test(traceId) || zeros.test(parentSpanId))
    return undefined;
  return { traceId, parentSpanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/**
 * The trace a request belongs to: the caller's, else the one that API Gateway began. Undefined when there is neither; then one begins
 * with the first thing that needs it.
 */
export function readTraceContext(
  headers: Readonly<Record<string, string | undefined>>,
): TraceContext | undefined {
  const { traceparent, 'x-amzn-trace-id': amazon } = headers;
  const caller = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (caller || amazon === undefined) return caller;
  const [, epoch, unique] = amazonRoot.exec(amazon) ?? [];
  // API Gateway decides about X-Ray's samples, not about ours.
  return epoch && unique ? { traceId: epoch + unique, parentSpanId: undefined, isSampled: false } : undefined;
}

/** The `traceparent` of an outbound call: the trace of the invocation under way, or one that begins here, with the span we record, or a new id. */
export function nextTraceparent(): string {
  const invocation = getInvocation();
  const trace = traceOf(invocation);
  const spanId = invocation?.recording?.rootSpanId ?? createSpanId();
  return `00-${trace.traceId}-${spanId}-${trace.isSampled ? '01' : '00'}`;
}

export function createSpanId(): string {
  return randomBytes(8).toString('hex');
}

function traceOf(invocation: Invocation | undefined): TraceContext {
  if (invocation?.trace) return invocation.trace;
  const trace = { traceId: randomBytes(16).toString('hex'), parentSpanId: undefined, isSampled: false };
  if (invocation) invocation.trace = trace;
  return trace;
}
