import { expect, test } from 'vitest';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createMember } from '#test/support/tenant.ts';

test('succeeds with 304 and no body when the caller has the version', async () => {
  const { ctx, token } = await createMember('viewer');
  const { id } = await createProject(ctx, CreateProjectInput.parse({ name: 'Cached' }));
  const read = (tag: string) =>
    call(getProject, { token, params: { id }, headers: { 'if-none-match': tag } });
  for (const tag of ['"v1"', 'W/"v1"', '"v0", "v1"', '*']) {
    const answer = await read(tag);
    expect([answer.status, answer.text, answer.headers.etag]).toEqual([304, '', '"v1"']);
  }
  expect((await read('"v2"')).status).toBe(200);
});
