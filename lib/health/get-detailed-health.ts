import { getConfig } from '#lib/config/get-config.ts';
import type { Context } from '#lib/context.ts';
import { affectedEndpoints } from './affected-endpoints.ts';
import { allChecks } from './all-checks.ts';
import { worstOf } from './check.ts';
import { observeChecks } from './observe-checks.ts';
import { type DetailedHealthReport, toChecks } from './schemas.ts';

/** All checks, each with what it affects while it does not pass. Ends within 1 s; looks at most once in five seconds. */
export async function getDetailedHealth({ now }: Context): Promise<DetailedHealthReport> {
  const results = await observeChecks(allChecks, now);
  const affected = allChecks.map(({ name, dependency }) => [
    name,
    dependency && affectedEndpoints[dependency],
  ]);
  const byName = Object.fromEntries(affected);
  const explained = results.map((result) =>
    result.status === 'pass' ? result : { ...result, affectedEndpoints: byName[result.name] },
  );
  return { status: worstOf(results), releaseId: getConfig().RELEASE, checks: toChecks(explained) };
}
