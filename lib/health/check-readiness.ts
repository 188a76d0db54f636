import type { Context } from '#lib/context.ts';
import { worstOf } from './check.ts';
import { observeChecks } from './observe-checks.ts';
import { readyChecks } from './ready-checks.ts';
import { type HealthReport, toChecks } from './schemas.ts';

/** Whether the service can do its work now. Ends within 1 s; at most one look at each dependency in five seconds. */
export async function checkReadiness({ now }: Context<undefined>): Promise<HealthReport> {
  const results = await observeChecks(readyChecks, now);
  return { status: worstOf(results), checks: toChecks(results) };
}
