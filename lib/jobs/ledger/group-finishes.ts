import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Finish, finishRuns } from './finish-runs.ts';

/**
 * Makes a function that writes the end of a run and waits for that. A run that has ended has no heartbeat any more: it cannot wait for
 * the others of its batch. What ends while a write is under way goes together into the next.
 */
export function groupFinishes(): (finish: Finish) => Promise<void> {
  let waiting: Finish[] = [];
  let next: Promise<unknown> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const write = async () => {
    await Promise.allSettled([last, nextTurn()]);
    const finishes = waiting;
    waiting = [];
    next = undefined;
    last = finishRuns(finishes);
    await last;
  };
  return async (finish) => {
    waiting.push(finish);
    next ??= write();
    await next;
  };
}
