import { type Invocation, runInvocation } from '#lib/invocation.ts';
import { beginInvocation, endInvocation } from './process-state.ts';

/** Runs a request or a job that has `remainingMs` left, with what it began beside itself: nothing is under way when it ends. */
export function hostInvocation<T>(
  remainingMs: number,
  isLong: boolean,
  work: (invocation: Invocation) => Promise<T>,
): Promise<T> {
  beginInvocation();
  return runInvocation(remainingMs, isLong, async (invocation) => {
    try {
      return await work(invocation);
    } finally {
      if (invocation.beside) await Promise.all(invocation.beside);
      for (const finish of invocation.atEnd ?? []) finish();
      endInvocation();
    }
  });
}
