import { expect, test } from 'vitest';
import { runInvocation } from '#lib/invocation.ts';
import { nextTraceparent, parseTraceparent, readTraceContext } from '#lib/observability/trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

test.each([
  [`00-${traceId}-${spanId}-01`, true],
  [`00-${traceId}-${spanId}-00`, false],
  [`00-${traceId}-${spanId}-03`, true],
  [`00-${traceId}-${spanId}-fe`, false],
  [`01-${traceId}-${spanId}-01`, true],
  [`cc-${traceId}-${spanId}-01-what-the-future-brings`, true],
  [`cc-${traceId}-${spanId}-00-`, false],
])('%s is understood', (header, isSampled) => {
  expect(parseTraceparent(header)).toEqual({ traceId, parentSpanId: spanId, isSampled });
});

test.each([
  '',
  '00',
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-1`,
  `00-${traceId}-${spanId}-0x`,
  `00-${traceId}-${spanId}-01-more`,
  `00-${traceId}-${spanId}-01-`,
  ` 00-${traceId}-${spanId}-01`,
  `00-${traceId}-${spanId}-01\n`,
  `ff-${traceId}-${spanId}-01`,
  `cc-${traceId}-${spanId}-01.more`,
  `0-${traceId}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId.slice(1)}-${spanId}-01`,
  `00-${traceId}-${spanId}0-01`,
  `00_${traceId}_${spanId}_01`,
  `00-${traceId}-${spanId}-01,00-${traceId}-${spanId}-01`,
  `cc-${traceId}-${spanId}-01-${'x'.repeat(1e6)}`,
])('%s is ignored', (header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});

test('without a caller that traces, API Gateway names the trace', () => {
  const amazon = 'Self=1-1-1;Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  const named = { traceId: '5759e988bd862e3fe1be46a994272793', parentSpanId: undefined, isSampled: false };
  expect(readTraceContext({ 'x-amzn-trace-id': amazon })).toEqual(named);
  expect(readTraceContext({ 'x-amzn-trace-id': amazon, traceparent: 'nonsense' })).toEqual(named);
  expect(
    readTraceContext({ 'x-amzn-trace-id': amazon, traceparent: `00-${traceId}-${spanId}-01` }),
  ).toMatchObject({
    traceId,
  });
  expect(readTraceContext({ 'x-amzn-trace-id': 'Root=nonsense' })).toBeUndefined();
  expect(readTraceContext({})).toBeUndefined();
});

test('an outbound call continues the trace with a span of its own; without one, all calls of an invocation share a new one', () => {
  const [continued, another, one, other] = [
    ...runInvocation(1_000, false, (invocation) => {
      invocation.trace = { traceId, parentSpanId: spanId, isSampled: true };
      return [nextTraceparent(), nextTraceparent()];
    }),
    ...runInvocation(1_000, false, () => [nextTraceparent(), nextTraceparent()]),
  ].map(parseTraceparent);
  expect(continued).toMatchObject({ traceId, isSampled: true });
  expect(new Set([spanId, continued?.parentSpanId, another?.parentSpanId]).size).toBe(3);
  expect(one?.traceId).toBe(other?.traceId);
  expect(one).toMatchObject({ isSampled: false });
  expect(one?.traceId).not.toBe(traceId);
});
