import { randomUUID } from 'node:crypto';
import { getConfig } from '#lib/config/get-config.ts';
import { postTelemetry } from '#lib/observability/post-telemetry.ts';
import { createSpanId } from '#lib/observability/trace-context.ts';
import type { FailureCount } from './failure-buffer.ts';

interface Origin {
  readonly release: string;
  readonly environment: string;
}

// Each is a request of its own, as the protocol wants it; of more kinds at once PostgreSQL has the rest.
const maxEvents = 5;
const defaultPauseSeconds = 60;
const client = 'plinth/1';

let pausedUntilMs = 0;

/**
 * Sends the first five kinds to the server of SENTRY_DSN, one event each, with how often it happened; nothing while that server wants
 * to be left alone. Rejects when it does not answer within `timeoutMs` or refuses; they are not sent again.
 */
export async function sendToSentry(
  failures: readonly FailureCount[],
  origin: Origin,
  timeoutMs: number,
): Promise<void> {
  const { SENTRY_DSN: dsn } = getConfig();
  if (dsn === '' || performance.now() < pausedUntilMs) return;
  const { url, key } = parseDsn(dsn);
  const headers = {
    'content-type': 'application/x-sentry-envelope',
    'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${key}, sentry_client=${client}`,
  };
  await Promise.all(
    failures.slice(0, maxEvents).map(async (failure) => {
      const response = await postTelemetry(url, headers, toEnvelope(failure, origin), timeoutMs);
      pause(response);
      if (!response.ok) throw new Error(`the error tracker answers ${response.status}`);
    }),
  );
}

/** `https://<key>@<host>/<path>/<project>` as where to send to; throws for anything else. */
export function parseDsn(dsn: string): { url: string; key: string } {
  const { protocol, host, pathname, username } = new URL(dsn);
  const [, prefix, project] = /^(.*)\/(\w+)$/.exec(pathname) ?? [];
  if (!username || !project) throw new Error('SENTRY_DSN names no key or no project');
  return { url: `${protocol}//${host}${prefix}/api/${project}/envelope/`, key: username };
}

/** An envelope with one event: three lines of JSON. https://develop.sentry.dev/sdk/data-model/envelopes/ */
function toEnvelope(failure: FailureCount, { release, environment }: Origin): string {
  const { sample, operations } = failure;
  const eventId = randomUUID().replaceAll('-', '');
  const [operation = ''] = operations;
  const event = JSON.stringify({
    event_id: eventId,
    timestamp: failure.lastSeenAt.toISOString(),
    platform: 'node',
    level: 'error',
    logger: 'plinth',
    transaction: operation,
    release,
    environment,
    fingerprint: [failure.fingerprint],
    tags: { code: failure.code, operation, requestId: sample.requestId },
    exception: { values: [{ type: failure.errorClass, value: sample.message }] },
    extra: { count: failure.count, operations: [...operations], stack: sample.stack },
    ...(sample.traceId && { contexts: { trace: { trace_id: sample.traceId, span_id: createSpanId() } } }),
  });
  const header = { event_id: eventId, sent_at: new Date().toISOString() };
  const item = { type: 'event', content_type: 'application/json', length: Buffer.byteLength(event) };
  return `${JSON.stringify(header)}\n${JSON.stringify(item)}\n${event}\n`;
}

/** Honours `X-Sentry-Rate-Limits`, and `Retry-After` of a 429. https://develop.sentry.dev/sdk/expected-features/rate-limiting/ */
function pause({ status, headers }: Response): void {
  const limits = (headers.get('x-sentry-rate-limits') ?? '').split(',').map((limit) => limit.split(':'));
  const seconds = limits
    .filter(([, categories = '']) => categories === '' || categories.split(';').includes('error'))
    .map(([after]) => Number(after));
  if (status === 429 && !headers.has('x-sentry-rate-limits'))
    seconds.push(Number(headers.get('retry-after') ?? defaultPauseSeconds) || defaultPauseSeconds);
  const longest = Math.max(0, ...seconds.filter(Number.isFinite));
  pausedUntilMs = Math.max(pausedUntilMs, performance.now() + longest * 1000);
}

/** For tests: the server may be asked again. */
export function forgetPause(): void {
  pausedUntilMs = 0;
}
