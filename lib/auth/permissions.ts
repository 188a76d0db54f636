/** Who may do what: the only place where a role gets a permission. */
export const rolePermissions = {
  owner: ['projects:read', 'projects:create', 'projects:update', 'projects:delete', 'audit:read'],
  admin: ['projects:read', 'projects:create', 'projects:update', 'projects:delete', 'audit:read'],
  editor: ['projects:read', 'projects:create', 'projects:update'],
  viewer: ['projects:read'],
  /** Runs the platform; has no say inside an organization unless it is also a member. */
  operator: [],
} as const satisfies Record<string, readonly string[]>;

export type Role = keyof typeof rolePermissions;
export type Permission = (typeof rolePermissions)[Role][number];

export const roles = Object.keys(rolePermissions) as readonly Role[];
/** The roles a member holds inside an organization. */
export const organizationRoles = ['owner', 'admin', 'editor', 'viewer'] as const satisfies readonly Role[];

/** True when any of the roles includes the permission. */
export function hasPermission(held: readonly Role[], permission: Permission): boolean {
  return held.some((role) => (rolePermissions[role] as readonly string[]).includes(permission));
}
