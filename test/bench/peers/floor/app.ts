import { createProject, listProjects, readProject } from '#peers/queries.ts';
import type { Claims } from '#peers/settings.ts';

// The same statements and JSON, and nothing else: nobody is asked who calls, nothing is checked, limited, logged or measured.
const { ORGANIZATION_ID = '', USER_ID = '' } = process.env;
const claims: Claims = { org: ORGANIZATION_ID, sub: USER_ID, roles: [] };

export async function answer(method: string, path: string, body: string | undefined) {
  const id = path.slice('/api/v1/projects/'.length);
  const result =
    method === 'POST'
      ? await createProject(claims, {
          description: '',
          status: 'active',
          tags: [],
          ...JSON.parse(body ?? '{}'),
        })
      : id
        ? await readProject(claims, id)
        : await listProjects(claims, 25);
  return {
    statusCode: method === 'POST' ? 201 : 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(result),
  };
}
