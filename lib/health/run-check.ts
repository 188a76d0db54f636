import type { Context } from '#lib/context.ts';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';

const timeoutMs = 800;

/** Runs a probe for at most 800 ms; when it fails, is late or throws, the check has the status `otherwise`. */
export async function runCheck(
  ctx: Context<undefined>,
  otherwise: 'warn' | 'fail',
  probe: () => Promise<unknown>,
) {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'late');
  });
  const outcome = await Promise.race([
    Promise.resolve()
      .then(probe)
      .then(() => 'pass' as const, asFailure),
    late,
  ]);
  clearTimeout(timer);
  const observed = {
    observedValue: Math.round((performance.now() - startedAt) * 10) / 10,
    observedUnit: 'ms' as const,
    time: ctx.now.toISOString(),
  };
  if (outcome === 'pass') return { status: 'pass' as const, ...observed };
  if (outcome === 'late')
    return { status: otherwise, ...observed, output: `no answer within ${timeoutMs} ms` };
  logger.warn('health check failed', { error: outcome.error });
  return { status: otherwise, ...observed, output: 'does not answer' };
}

// The reason may name hosts: it belongs in the log, not in a public body.
function asFailure(error: unknown) {
  return { error: toError(error) };
}
