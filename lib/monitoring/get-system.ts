import type { Actor } from '#lib/auth/actor.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { getHost } from '#lib/config/get-host.ts';
import type { Context } from '#lib/context.ts';
import { getCacheStatistics } from '#lib/resilience/cache.ts';
import { getProcessState } from '#lib/runtime/process-state.ts';
import type { SystemReport } from './schemas.ts';

/** The release that runs, and how the instance does that answers; no value of the environment but the names of stage and release. */
export async function getSystem({ now }: Context<Actor>): Promise<SystemReport> {
  const { PLINTH_STAGE, RELEASE, COMMIT, BUILT_AT } = getConfig();
  return {
    asOf: now.toISOString(),
    stage: PLINTH_STAGE,
    host: getHost(),
    release: RELEASE,
    commit: COMMIT,
    builtAt: BUILT_AT || null,
    runtime: { node: process.version, platform: process.platform, architecture: process.arch },
    ...getProcessState(),
    caches: getCacheStatistics(),
  };
}
