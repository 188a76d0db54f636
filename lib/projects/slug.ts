/**
 * A slug for a project that was not given one: words of the name in lower-case ASCII, then the end of the id, so that two
 * projects of one name do not collide. At most 64 characters.
 */
export function deriveSlug(name: string, id: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 55)
    .replace(/^-|-$/g, '');
  return `${words || 'project'}-${id.slice(-8)}`;
}
