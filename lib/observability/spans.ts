import { getInvocation } from '#lib/invocation.ts';

/** A part of an invocation; times on the clock of `performance.now()`. */
export interface Span {
  readonly name: string;
  /** `client`: the time was another service's. */
  readonly kind: 'internal' | 'client';
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly isError: boolean;
}

// A loop over statements must not fill the memory; what follows is in the times of the access line.
const maxSpans = 100;

/** Records what ends now as a part of the invocation under way; nothing unless its trace is recorded. */
export function noteSpan(name: string, startedAtMs: number, kind: Span['kind'], isError = false): void {
  const spans = getInvocation()?.recording?.spans;
  if (spans && spans.length < maxSpans)
    spans.push({ name, kind, startedAtMs, endedAtMs: performance.now(), isError });
}

/** Records `work` as a part of the invocation under way; its result or error passes through unchanged. */
export async function withSpan<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedAtMs = performance.now();
  let isError = true;
  try {
    const result = await work();
    isError = false;
    return result;
  } finally {
    noteSpan(name, startedAtMs, 'internal', isError);
  }
}
