/** What the folders of functions/ are about. */
const descriptions: Readonly<Record<string, string>> = {
  'api-keys': 'Credentials of programs: made by a member, limited by scopes, rotated without a gap.',
  audit: 'Who changed what in the organization.',
  auth: 'Log-in, sessions, the second factor, and everything else about an account.',
  docs: 'This API for people and programs, and what its problems mean.',
  health: 'Whether the service can do its work, and since when.',
  'job-control': 'The scheduled jobs, their runs, and what operators do with them.',
  monitoring: 'What the fleet measured, what fails, and whether routes keep their contract.',
  notifications: 'Who is told of what, and by which way.',
  organizations: 'Organizations, their members and invitations.',
  projects: 'The records a team works on.',
};

/** The `tags` of the document, for the areas that have operations in it; throws for one that is not described. */
export function describeTags(areas: Iterable<string>) {
  return [...new Set(areas)].map((name) => {
    const description = descriptions[name];
    if (!description) throw new Error(`lib/generate/openapi-tags.ts does not describe the area ${name}`);
    return { name, description };
  });
}
