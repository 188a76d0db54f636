import { randomUUID } from 'node:crypto';
import { AppError } from '#lib/errors/app-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { isAway, isRefusal, runScript, type Script } from '#lib/redis/run-script.ts';
import { breakerKeys, enterScript, reportScript, settleScript } from './circuit-breaker-scripts.ts';
import { FleetState, stateOf } from './circuit-breaker-state.ts';
import { type BreakerSettings, LocalBreaker } from './circuit-breaker-window.ts';

/** What a call says of the service: it is well; it failed, and perhaps wants to be left alone for some ms; nothing at all. */
export type Verdict = 'healthy' | 'unknown' | { readonly failedForMs: number };
export type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** How a call got through: as anybody, as the fleet's only probe, or because an operator holds the breaker closed. */
type Pass = 'closed' | 'probe' | 'forced';

// How old the fleet's word may be. Every gate call brings it; a job asks for itself at most this often.
const freshMs = 5_000;
// While Redis is away, only one call in this time waits for it.
const redisRestMs = 5_000;
const heldOpenRetryMs = 30_000;

/**
 * Keeps calls from a service that fails. Nothing is written while it is well; the fleet opens it by the failures of two instances, and
 * elects one probe when the back-off ends; without Redis the instance decides alone. ADR 0018.
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #fleet: FleetState;
  readonly #local: LocalBreaker;
  readonly #instance: string;
  #restsUntilMs = 0;
  #wasTripped = false;

  constructor(settings: BreakerSettings, fleet: FleetState, instance: string = randomUUID()) {
    this.#settings = settings;
    this.#fleet = fleet;
    this.#local = new LocalBreaker(settings);
    this.#instance = instance;
  }

  /** What `attempt` gives; throws `unavailable` with the seconds to wait, and without calling, while the breaker is open. */
  async run<T>(attempt: () => Promise<T>, judge: (settled: Settled<T>) => Verdict): Promise<T> {
    const pass = await this.#enter();
    let settled: Settled<T>;
    try {
      settled = { value: await attempt() };
    } catch (error) {
      // Whatever it is, it is thrown again below.
      settled = { error };
    }
    await this.#settle(pass, judge(settled));
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  async #enter(): Promise<Pass> {
    const fleet = this.#fleet;
    const asked = this.#hasToAsk() ? await this.#ask(enterScript, [this.#instance, this.#settings.probeMs]) : [];
    const nowMs = performance.now();
    if (nowMs < fleet.openUntilMs && fleet.forced !== 2) refuse(fleet.openUntilMs - nowMs);
    if (nowMs - fleet.learnedAtMs <= freshMs) {
      if (fleet.forced === 1) refuse(heldOpenRetryMs);
      if (fleet.forced === 2) return 'forced';
      if (asked[3] === 1) return 'probe';
      if (fleet.trips > 0) refuse(asked[4] ?? 0);
      if (this.#wasTripped) this.#local.reset();
      this.#wasTripped = false;
    }
    const waitMs = this.#local.enter(nowMs);
    if (waitMs > 0) refuse(waitMs);
    return 'closed';
  }

  #hasToAsk(): boolean {
    const { learnedAtMs, trips, forced, openUntilMs } = this.#fleet;
    const nowMs = performance.now();
    return nowMs - learnedAtMs > freshMs || (trips > 0 && forced === 0 && nowMs >= openUntilMs);
  }

  async #settle(pass: Pass, verdict: Verdict): Promise<void> {
    if (pass === 'forced') return;
    if (pass === 'probe') return this.#settleProbe(verdict);
    if (verdict === 'unknown') return this.#local.release();
    const isFailure = verdict !== 'healthy';
    const nowMs = performance.now();
    this.#local.record(isFailure, nowMs, Math.random(), isFailure ? verdict.failedForMs : 0);
    if (!isFailure) return;
    const { windowMs, minimumCalls, failureShare } = this.#settings;
    const calls = this.#local.takeUnreported(nowMs);
    const report = [this.#instance, Math.max(1, calls), windowMs, minimumCalls, Math.ceil(failureShare * 1000)];
    const [, , , opened] = await this.#ask(reportScript, [...report, ...this.#tripOf(verdict)]);
    if (opened === 1) logger.warn('a circuit breaker opens', { breaker: this.#fleet.name });
  }

  async #settleProbe(verdict: Verdict): Promise<void> {
    const outcome = verdict === 'healthy' ? 1 : verdict === 'unknown' ? -1 : 0;
    await this.#ask(settleScript, [this.#instance, outcome, ...this.#tripOf(verdict)]);
    if (outcome === 1) this.#local.reset();
    if (outcome !== -1)
      logger.warn(outcome === 1 ? 'a circuit breaker closes' : 'a circuit breaker stays open', {
        breaker: this.#fleet.name,
      });
  }

  #tripOf(verdict: Verdict): number[] {
    const { backOffMs, longestBackOffMs } = this.#settings;
    const atLeastMs = typeof verdict === 'object' ? Math.min(longestBackOffMs, verdict.failedForMs) : 0;
    return [backOffMs, longestBackOffMs, Math.floor(Math.random() * 1000), Math.ceil(atLeastMs)];
  }

  /** The reply of a script, which begins with the state; nothing while Redis is away. */
  async #ask(script: Script, args: readonly (string | number)[]): Promise<number[]> {
    if (performance.now() < this.#restsUntilMs) return [];
    try {
      const reply = (await runScript<unknown[]>(script, breakerKeys(this.#fleet.name), args.map(String))).map(Number);
      const [openMs = 0, trips = 0, forced = 0] = reply;
      this.#fleet.learn(openMs, trips, forced);
      if (trips > 0) this.#wasTripped = true;
      return reply;
    } catch (error) {
      if (!isAway(error) && !isRefusal(error)) throw error;
      this.#restsUntilMs = performance.now() + redisRestMs;
      const line = { breaker: this.#fleet.name, error: error as Error };
      if (isAway(error)) logger.warn('Redis does not answer: a circuit breaker decides alone', line);
      else logger.error('Redis refuses a circuit breaker, which decides alone', line);
      return [];
    }
  }
}

const breakers = new Map<string, CircuitBreaker>();

/** The breaker of that name in this process. */
export function getBreaker(name: string, settings: BreakerSettings): CircuitBreaker {
  let breaker = breakers.get(name);
  if (!breaker) {
    breaker = new CircuitBreaker(settings, stateOf(name));
    breakers.set(name, breaker);
  }
  return breaker;
}

function refuse(waitMs: number): never {
  throw new AppError('unavailable', 'A service that this needs is not well', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  });
}
