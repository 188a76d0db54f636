/** What the fleet has said of a breaker, and when; times are those of `performance.now()`. */
export class BreakerState {
  readonly name: string;
  trips = 0;
  /** 1: held open by an operator, 2: held closed. */
  override = 0;
  openUntilMs = 0;
  learnedAtMs = Number.NEGATIVE_INFINITY;
  /** It was open since the breaker last found it closed: what the instance counted before says nothing any more. */
  wasTripped = false;

  constructor(name: string) {
    this.name = name;
  }

  learn(openMs: number, trips: number, override: number): void {
    this.learnedAtMs = performance.now();
    this.openUntilMs = this.learnedAtMs + openMs;
    this.trips = trips;
    this.override = override;
    if (trips > 0) this.wasTripped = true;
  }
}

const used = new Map<string, BreakerState>();

/** The state of a breaker in this process: from now on, every gate call refreshes it. */
export function stateOf(name: string): BreakerState {
  const state = used.get(name) ?? new BreakerState(name);
  used.set(name, state);
  return state;
}

/** The breakers that this process has used. */
export function usedBreakers(): BreakerState[] {
  return used.size === 0 ? [] : [...used.values()];
}

/** The Redis keys that say how a breaker is: open, trips, override. None of them exists while it is healthy. */
export function breakerStateKeys(name: string): string[] {
  return [`breaker:${name}:open`, `breaker:${name}:trips`, `breaker:${name}:override`];
}

/** Takes over the reply of the gate: three integers a breaker. */
export function learnBreakers(states: readonly BreakerState[], reply: readonly unknown[]): void {
  for (const [index, state] of states.entries())
    state.learn(Number(reply[index * 3]), Number(reply[index * 3 + 1]), Number(reply[index * 3 + 2]));
}
