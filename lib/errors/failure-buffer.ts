import { toLoggableText } from '#lib/observability/to-loggable.ts';
import type { ErrorCode } from './catalog.ts';
import { type FailureKind, kindOf } from './fingerprint.ts';

export interface Failure {
  readonly operation: string;
  readonly code: ErrorCode;
  readonly error: Error;
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly at: Date;
}

/** Failures of one kind that this instance has seen since it last told anybody. */
export interface FailureCount extends FailureKind {
  readonly code: ErrorCode;
  readonly operations: Set<string>;
  count: number;
  /** How many of them Sentry was told of. */
  toldCount?: number;
  readonly firstSeenAt: Date;
  lastSeenAt: Date;
  /** Of the first one; redacted. */
  readonly sample: {
    readonly requestId: string;
    readonly traceId: string | undefined;
    readonly message: string;
    readonly stack: string;
  };
}

// A storm of one error is one entry; of many kinds at once the first are enough to begin with.
const maxKinds = 20;
const maxOperations = 20;

let buffer = new Map<string, FailureCount>();

/** Counts a failure in the memory of this instance; 20 kinds at a time, of further ones only the log tells. Never throws. */
export function noteFailure({ operation, code, error, requestId, traceId, at }: Failure): void {
  const kind = kindOf(operation, code, error);
  const known = buffer.get(kind.fingerprint);
  if (known) {
    known.count += 1;
    known.lastSeenAt = at;
    if (known.operations.size < maxOperations) known.operations.add(operation);
    return;
  }
  if (buffer.size >= maxKinds) return;
  const sample = { requestId: toLoggableText(requestId), traceId, ...readSample(error) };
  const operations = new Set([operation]);
  buffer.set(kind.fingerprint, {
    ...kind,
    code,
    operations,
    count: 1,
    firstSeenAt: at,
    lastSeenAt: at,
    sample,
  });
}

export function hasFailures(): boolean {
  return buffer.size > 0;
}

/** What has been noted, which is then forgotten here. */
export function takeFailures(): FailureCount[] {
  const taken = [...buffer.values()];
  buffer = new Map();
  return taken;
}

/** Keeps what could not be told for the next attempt. */
export function returnFailures(failures: readonly FailureCount[]): void {
  const newer = buffer;
  buffer = new Map(failures.map((failure) => [failure.fingerprint, failure]));
  for (const [fingerprint, failure] of newer) {
    const older = buffer.get(fingerprint);
    if (older) {
      older.count += failure.count;
      older.lastSeenAt = failure.lastSeenAt;
      for (const operation of failure.operations) older.operations.add(operation);
    } else if (buffer.size < maxKinds) buffer.set(fingerprint, failure);
  }
}

function readSample(error: Error): { message: string; stack: string } {
  try {
    return { message: toLoggableText(error.message, 1_000), stack: toLoggableText(error.stack ?? '', 4_000) };
  } catch {
    return { message: 'unreadable', stack: '' };
  }
}
