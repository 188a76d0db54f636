import type { Context } from '#lib/context.ts';
import { createCache } from '#lib/resilience/cache.ts';
import { projectsTag } from './projects-tag.ts';
import { readProjectStats } from './read-project-stats.ts';
import type { ProjectStats } from './schemas.ts';

const stats = createCache<ProjectStats>({
  name: 'project statistics',
  // A dashboard that asks every second, and its neighbours, cost one statement; `asOf` says how old the answer is.
  freshMs: 2_000,
  maxEntries: 200,
  tagsOf: (organizationId) => [projectsTag(organizationId)],
});

/**
 * Counts of the organization's projects as they were at `asOf`: at most two seconds ago, with every change that this instance has
 * answered. From a replica they are by its lag older, and lack what it has not got yet.
 */
export function getProjectStats(ctx: Context): Promise<ProjectStats> {
  return stats.get(ctx.actor.organizationId, ctx.now, () => readProjectStats(ctx));
}
