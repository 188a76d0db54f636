import { AppError } from '#lib/errors/app-error.ts';
import type { ErrorCode } from '#lib/errors/catalog.ts';

const codes = {
  /** The address is not one we call: a forbidden network, scheme, port or redirect. */
  refused: 'internal',
  connection: 'unavailable',
  timeout: 'unavailable',
  /** The invocation has no time left. */
  deadline: 'deadline_exceeded',
  /** The caller's own signal. */
  aborted: 'deadline_exceeded',
  too_large: 'unavailable',
} as const satisfies Record<string, ErrorCode>;

export type OutboundFailure = keyof typeof codes;

/** Why a call to another service has no answer; clients learn nothing of which service it was. */
export class OutboundError extends AppError {
  readonly failure: OutboundFailure;

  constructor(failure: OutboundFailure, cause: unknown) {
    super(codes[failure], 'A service that this needs gives no answer', { cause });
    this.name = 'OutboundError';
    this.failure = failure;
  }
}

/** The call is refused, whatever the other side would have answered. */
export function refuse(reason: string): never {
  throw new OutboundError('refused', new Error(reason));
}
