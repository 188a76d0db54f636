import { getConfig } from '#lib/config/get-config.ts';
import { withSpan } from './spans.ts';

/** Wraps a piece of work in a span; the work's result or error passes through unchanged. */
export interface Tracer {
  trace<T>(name: string, work: () => Promise<T>): Promise<T>;
}

const noTracer: Tracer = { trace: (_name, work) => work() };
const otlpTracer: Tracer = { trace: withSpan };

let xrayTracer: Promise<Tracer> | undefined;

/** The tracer the configuration names. The X-Ray SDK costs 20 ms at import, so it is loaded only where it is on. */
export function getTracer(): Tracer | Promise<Tracer> {
  const { TRACING } = getConfig();
  if (TRACING === 'none') return noTracer;
  if (TRACING === 'otlp') return otlpTracer;
  xrayTracer ??= import('./xray-tracer.ts').then(({ createXrayTracer }) => createXrayTracer());
  return xrayTracer;
}
