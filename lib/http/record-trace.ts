import { beginRecording, exportSpans } from '#lib/observability/otlp-exporter.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';
import type { Exchange, Middleware } from './middleware.ts';

/** Begins to record the request where its trace is sampled. */
export function beginTrace(): Middleware {
  return { before: () => beginRecording() };
}

/** Sends what was recorded; behind everything else, for then the whole is known. */
export function endTrace({ id, path }: Pick<AnyEndpointSpec, 'id' | 'path'>): Middleware {
  const end = ({ event: request, response }: Exchange) =>
    exportSpans({
      name: `${request.method} ${path}`,
      kind: 'server',
      startedAtMs: request.startedAt,
      isError: Number(response?.statusCode) >= 500,
      attributes: {
        'http.request.method': request.method,
        'http.route': path,
        'http.response.status_code': Number(response?.statusCode),
        'plinth.operation': id,
        'plinth.request_id': request.requestId,
        'error.type': request.errorCode,
      },
    });
  return { after: end, onError: end };
}
