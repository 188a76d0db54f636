import { isAllowed, type OrganizationRole, organizationRoles } from '#lib/auth/permissions.ts';

/** The roles that a member with this one may invite into: owners all, and the others who may invite all but owner. */
export function invitableRoles(role: OrganizationRole): readonly OrganizationRole[] {
  if (!isAllowed({ roles: [role] }, 'invitations:manage')) return [];
  return organizationRoles.filter((candidate) => role === 'owner' || candidate !== 'owner');
}
