import { reportFailures } from '#lib/error-groups/report-failures.ts';
import { noteFailure } from '#lib/errors/failure-buffer.ts';
import { getInvocation } from '#lib/invocation.ts';
import type { Exchange, Middleware } from './middleware.ts';

/** Notes what an operation failed with, and tells it with the answer under way when it is time to. */
export function trackFailures(operation: string): Middleware {
  return {
    after: () => reportFailures(),
    onError({ event: { failure: error, errorCode: code, requestId, now: at } }: Exchange) {
      const traceId = getInvocation()?.trace?.traceId;
      if (error && code) noteFailure({ operation, code, error, requestId, traceId, at });
      // What the failure would be written to is perhaps what failed, and the request has used up its time: the next one tells it.
      return code === 'unavailable' || code === 'deadline_exceeded' ? undefined : reportFailures();
    },
  };
}
