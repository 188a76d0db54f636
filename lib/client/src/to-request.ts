import type { Operation } from './operation.ts';
import type { PreparedRequest } from './send.ts';

/** What a caller passes: parameters of path and query by their names, and two words that mean something else. */
export interface Input {
  readonly [parameter: string]: unknown;
  readonly body?: unknown;
  readonly ifMatch?: number | string;
}

/** The request of an operation. A key makes a POST repeatable that takes one. */
export function toRequest(
  baseUrl: string,
  operation: Operation,
  { body, ifMatch, ...parameters }: Input,
  idempotencyKey: string | undefined,
): PreparedRequest {
  const { method, takesKey, sendsLines } = operation;
  return {
    method,
    url: baseUrl + toTarget(operation, parameters),
    headers: {
      accept: '*/*',
      ...(body !== undefined && { 'content-type': sendsLines ? 'application/x-ndjson' : 'application/json' }),
      ...(ifMatch !== undefined && { 'if-match': typeof ifMatch === 'number' ? `"v${ifMatch}"` : ifMatch }),
      ...(takesKey && { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() }),
    },
    body: body === undefined ? undefined : sendsLines ? toLines(body) : JSON.stringify(body),
    isRepeatable: takesKey === true || ['GET', 'PUT', 'DELETE'].includes(method),
  };
}

function toTarget({ path }: Operation, parameters: Record<string, unknown>): string {
  const query = new URLSearchParams();
  const left = new Set(Object.keys(parameters));
  const target = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    left.delete(name);
    const value = String(parameters[name] ?? '');
    // Would name another resource: dots are resolved before the request is sent.
    if (/^\.{0,2}$/.test(value)) throw new TypeError(`"${value}" cannot be the ${name} of ${path}`);
    return encodeURIComponent(value);
  });
  for (const name of left) if (parameters[name] !== undefined) query.set(name, String(parameters[name]));
  return query.size > 0 ? `${target}?${query}` : target;
}

function toLines(body: unknown): string {
  return (body as readonly unknown[]).map((line) => `${JSON.stringify(line)}\n`).join('');
}
