import { getInvocation, runInvocation } from '#lib/invocation.ts';
import { beginInvocation, endInvocation } from './process-state.ts';

/** Runs a request or a job that has `remainingMs` left, with what it began beside itself: nothing is under way when it ends. */
export function hostInvocation<T>(remainingMs: number, isLong: boolean, work: () => Promise<T>): Promise<T> {
  beginInvocation();
  return runInvocation(remainingMs, isLong, async () => {
    try {
      return await work();
    } finally {
      const invocation = getInvocation();
      if (invocation?.beside) await Promise.all(invocation.beside);
      for (const finish of invocation?.atEnd ?? []) finish();
      endInvocation();
    }
  });
}
