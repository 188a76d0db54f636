/** Names in the caches of an instance what depends on the projects of an organization. */
export function projectsTag(organizationId: string): string {
  return `projects of ${organizationId}`;
}
