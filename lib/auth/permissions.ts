const viewer = ['projects:read', 'organization:read', 'members:read'] as const;
const editor = [...viewer, 'projects:create', 'projects:update', 'api_keys:read', 'api_keys:manage'] as const;
const admin = [
  ...editor,
  'projects:delete',
  'audit:read',
  'organization:update',
  'members:manage',
  'invitations:manage',
  'notifications:manage',
] as const;

/** Who may do what: the only place where a role gets a permission. */
export const rolePermissions = {
  owner: admin,
  admin,
  editor,
  viewer,
  /** Runs the platform; has no say inside an organization unless it is also a member. */
  operator: [
    'signing_keys:rotate',
    'ops:read',
    'metrics:read',
    'breakers:override',
    'errors:resolve',
    'jobs:read',
    'jobs:manage',
    'notifications:manage',
  ],
} as const satisfies Record<string, readonly string[]>;

export type Role = keyof typeof rolePermissions;
export type Permission = (typeof rolePermissions)[Role][number];

export const roles = Object.keys(rolePermissions) as readonly Role[];
export const permissions = [...new Set(Object.values(rolePermissions).flat())].sort();
/** The roles a member holds inside an organization. */
export const organizationRoles = ['owner', 'admin', 'editor', 'viewer'] as const satisfies readonly Role[];
export type OrganizationRole = (typeof organizationRoles)[number];

/** True when any of the roles includes the permission and, for an API key, its scopes do too. */
export function isAllowed(
  { roles: held, scopes }: { roles: readonly Role[]; scopes?: readonly Permission[] },
  permission: Permission,
): boolean {
  const isHeld = held.some((role) => (rolePermissions[role] as readonly string[]).includes(permission));
  return isHeld && (scopes === undefined || scopes.includes(permission));
}
