/** The states of a run. */
export const runStates = [
  'scheduled',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'dead',
  'timed_out',
  'skipped',
  'missed',
  'cancelled',
] as const;
export type RunState = (typeof runStates)[number];

/**
 * What may follow what. `failed`: the error is permanent; `dead`: the attempts are used up; `timed_out`: the last of them ran out of
 * time or was killed. A person may start each of those three again, and a missed or skipped run as well.
 */
export const transitions: Readonly<Record<RunState, readonly RunState[]>> = {
  scheduled: ['running', 'skipped', 'cancelled'],
  // Back to scheduled: it saved a checkpoint and goes on in another invocation.
  running: ['succeeded', 'retrying', 'failed', 'dead', 'timed_out', 'cancelled', 'scheduled'],
  retrying: ['running', 'cancelled'],
  succeeded: [],
  failed: ['retrying'],
  dead: ['retrying'],
  timed_out: ['retrying'],
  skipped: ['retrying'],
  missed: ['retrying'],
  cancelled: [],
};

/** The states whose runs wait for a person. */
export const deadLetterStates = ['failed', 'dead', 'timed_out'] as const satisfies readonly RunState[];

export const endStates = runStates.filter((state) => !['scheduled', 'running', 'retrying'].includes(state));

/** The states from which a run may come into `state`. */
export function statesBefore(state: RunState): RunState[] {
  return runStates.filter((before) => transitions[before].includes(state));
}
