import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { type Check, type CheckResult, healthStatuses, type Observation } from './check.ts';

/** All checks run side by side, so this is the time of a report: with the request around it, below one second. */
const timeoutMs = 800;
// A probe that hangs is not joined by another one for this long: one each five seconds would use up what it waits for.
const abandonAfterMs = 10_000;

type Outcome = Observation & { readonly reason?: string };
interface Probe {
  readonly outcome: Promise<Outcome>;
  readonly startedAtMs: number;
}

const underWay = new WeakMap<Check, Probe>();

/** Looks once, for at most 800 ms. Never throws: a probe that throws, is late or answers nonsense has failed. */
export async function runCheck(check: Check, now: Date): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const outcome = { status: 'fail', output: `no answer within ${timeoutMs} ms` } as const;
    timer = setTimeout(resolve, timeoutMs, outcome);
  });
  const { status, value, unit, output, reason } = await Promise.race([probe(check, now), late]);
  clearTimeout(timer);
  return {
    name: check.name,
    isCritical: check.isCritical,
    status: status === 'fail' && !check.isCritical ? 'warn' : status,
    ...(value !== undefined && { observedValue: value, observedUnit: unit ?? '' }),
    time: now.toISOString(),
    ...(status !== 'pass' && { output: output ?? 'fails', ...(reason && { reason }) }),
  };
}

function probe(check: Check, now: Date): Promise<Outcome> {
  const startedAtMs = performance.now();
  const current = underWay.get(check);
  if (current && startedAtMs - current.startedAtMs < abandonAfterMs) return current.outcome;
  const outcome = Promise.resolve(now)
    .then((at) => check.observe(at))
    .then(toOutcome)
    .catch((thrown: unknown) => asFailure(check, thrown));
  const started = { outcome, startedAtMs };
  underWay.set(check, started);
  return outcome.finally(() => {
    if (underWay.get(check) === started) underWay.delete(check);
  });
}

/** What a check says, as far as it makes sense. */
function toOutcome({ status, value, unit, output }: Observation): Outcome {
  if (!healthStatuses.includes(status)) return { status: 'fail', output: 'answers with an unknown status' };
  return {
    status,
    ...(Number.isFinite(value) && { value: Math.round(Number(value) * 10) / 10 }),
    ...(typeof unit === 'string' && { unit }),
    ...(typeof output === 'string' && { output }),
  };
}

// The text of the error may name hosts: it belongs in the log.
function asFailure({ name }: Check, thrown: unknown): Outcome {
  const error = toError(thrown);
  logger.warn('health check failed', { check: name, error });
  const reason = codeOf(error);
  return { status: 'fail', output: 'does not answer', ...(reason && { reason }) };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[A-Z0-9_]{3,40}$/.test(code)) return code;
  return codeOf(error.cause);
}
