import type { Context } from '#lib/context.ts';
import type { organizations } from '#lib/db/schema/organizations.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { type Organization, OrganizationSettings } from './schemas.ts';

/** Throws `not_found` for every organization but the one the actor acts in, whether or not there is such a one. */
export function requireOwnOrganization(ctx: Context, id: string): void {
  if (id !== ctx.actor.organizationId) throw noOrganization(id);
}

export function noOrganization(id: string): AppError {
  return new AppError('not_found', `There is no organization ${id}`);
}

/** The row as it is shown: settings that were never made have their defaults. */
export function toOrganization(row: typeof organizations.$inferSelect): Organization {
  return { ...row, settings: OrganizationSettings.parse(row.settings) };
}
