import { getConfig } from '#lib/config/get-config.ts';
import { getInvocation } from '#lib/invocation.ts';
import { createSpanId } from './trace-context.ts';

/**
 * A comment for SQL statements (sqlcommenter), by which the database's log leads to the trace; empty unless the trace is sampled and
 * TRACING is on. It makes a text unique: such a statement must be sent unnamed, and only those.
 */
export function sqlComment(): string {
  const invocation = getInvocation();
  const trace = invocation?.trace;
  if (!trace?.isSampled || getConfig().TRACING === 'none') return '';
  return `/*traceparent='00-${trace.traceId}-${invocation?.recording?.rootSpanId ?? createSpanId()}-01'*/`;
}
