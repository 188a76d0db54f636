import { randomUUID } from 'node:crypto';
import { AppError } from '#lib/errors/app-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { isAway, isUnanswered, runScript } from '#lib/redis/run-script.ts';
import { type BreakerSettings, longestBackOffMs } from './circuit-breaker-limits.ts';
import { breakerKeys, breakerScript } from './circuit-breaker-script.ts';
import { type BreakerState, stateOf } from './circuit-breaker-state.ts';
import { LocalBreaker } from './local-breaker.ts';

/** What a call says of the service: it is well; it failed, and perhaps wants to be left alone for some ms; nothing at all. */
export type Verdict = 'healthy' | 'unknown' | { readonly failedForMs: number };
export type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** How a call got through: as anybody, because an operator holds the breaker closed, or as the fleet's only probe. */
type Pass = 'closed' | 'overridden' | { readonly probe: string };

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
  readonly #fleet: BreakerState;
  readonly #local: LocalBreaker;
  readonly #instance: string;
  #restsUntilMs = 0;
  #probes = 0;

  constructor(settings: BreakerSettings, fleet: BreakerState, instance: string = randomUUID()) {
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
    const probe = `${this.#instance}:${this.#probes++}`;
    const [, , , isProbe, waitMs] = this.#hasToAsk()
      ? await this.#ask('enter', probe, this.#settings.probeMs)
      : [];
    if (isProbe === 1) return { probe };
    const { override, openUntilMs, learnedAtMs } = this.#fleet;
    const nowMs = performance.now();
    if (nowMs < openUntilMs && override !== 2) refuse(openUntilMs - nowMs);
    const isFresh = nowMs - learnedAtMs <= freshMs;
    if (isFresh && override === 2) return 'overridden';
    if (isFresh) this.#obeyFleet(waitMs);
    const localWaitMs = this.#local.enter(nowMs);
    if (localWaitMs > 0) refuse(localWaitMs);
    return 'closed';
  }

  #obeyFleet(probeWaitMs = 0): void {
    const fleet = this.#fleet;
    if (fleet.override === 1) refuse(heldOpenRetryMs);
    if (fleet.trips > 0) refuse(probeWaitMs);
    if (fleet.wasTripped) this.#local.reset();
    fleet.wasTripped = false;
  }

  #hasToAsk(): boolean {
    const { learnedAtMs, trips, override, openUntilMs } = this.#fleet;
    const nowMs = performance.now();
    return nowMs - learnedAtMs > freshMs || (trips > 0 && override === 0 && nowMs >= openUntilMs);
  }

  async #settle(pass: Pass, verdict: Verdict): Promise<void> {
    if (pass === 'overridden') return;
    if (pass !== 'closed') return this.#settleProbe(pass.probe, verdict);
    if (verdict === 'unknown') return this.#local.release();
    const failedForMs = verdict === 'healthy' ? 0 : verdict.failedForMs;
    const isFailure = verdict !== 'healthy';
    this.#local.record(isFailure, performance.now(), Math.random(), Math.min(longestBackOffMs, failedForMs));
    if (!isFailure) return;
    const calls = Math.max(1, this.#local.takeUnreported());
    const [, , , hasOpened] = await this.#ask('report', this.#instance, calls, failedForMs);
    if (hasOpened === 1) logger.warn('a circuit breaker opens', { breaker: this.#fleet.name });
  }

  async #settleProbe(probe: string, verdict: Verdict): Promise<void> {
    if (verdict === 'unknown') await this.#ask('settle', probe, -1);
    else if (verdict === 'healthy') {
      await this.#ask('settle', probe, 1);
      this.#local.reset();
      logger.warn('a circuit breaker closes', { breaker: this.#fleet.name });
    } else await this.#ask('settle', probe, 0, verdict.failedForMs);
  }

  /** The reply of the script, which begins with the state; nothing while Redis is away. */
  async #ask(action: string, me: string, value: number, atLeastMs = 0): Promise<number[]> {
    if (performance.now() < this.#restsUntilMs) return [];
    const { name } = this.#fleet;
    const jitter = Math.floor(Math.random() * 1000);
    const leastMs = Math.min(longestBackOffMs, Math.ceil(atLeastMs));
    const args = [action, me, value, jitter, leastMs, this.#settings.minimumCalls].map(String);
    try {
      const reply = (await runScript<unknown[]>(breakerScript, breakerKeys(name), args)).map(Number);
      const [openMs = 0, trips = 0, override = 0] = reply;
      this.#fleet.learn(openMs, trips, override);
      return reply;
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      this.#restsUntilMs = performance.now() + redisRestMs;
      const line = { breaker: name, error: error as Error };
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
