import { eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { organizations } from '#lib/db/schema/organizations.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { createCache, invalidateTag } from '#lib/resilience/cache.ts';
import { noOrganization } from './own-organization.ts';
import { OrganizationSettings } from './schemas.ts';

const settings = createCache<OrganizationSettings>({
  name: 'organization settings',
  // One of them is the role of who is invited: like a change of roles, theirs is known everywhere in five seconds.
  freshMs: 5_000,
  maxEntries: 500,
  tagsOf: (organizationId) => [tagOf(organizationId)],
});

/** The settings of the organization the actor acts in, as they were at most five seconds ago; `not_found` without one. */
export function findSettings(ctx: Context): Promise<OrganizationSettings> {
  const { organizationId } = ctx.actor;
  return settings.get(organizationId, ctx.now, async () => {
    const [row] = await getDatabase(ctx)
      .select({ settings: organizations.settings })
      .from(organizations)
      .where(eq(organizations.id, organizationId));
    if (!row) throw noOrganization(organizationId);
    return OrganizationSettings.parse(row.settings);
  });
}

/** Has this instance read the settings again, once the change of them has been answered. */
export function forgetSettings(organizationId: string): void {
  invalidateTag(tagOf(organizationId));
}

function tagOf(organizationId: string): string {
  return `settings of ${organizationId}`;
}
