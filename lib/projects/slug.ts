/** A slug from a name: lower-case ASCII words joined by hyphens, at most 64 characters; `project` when nothing is left. */
export function slugify(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-|-$/g, '');
  return slug || 'project';
}
