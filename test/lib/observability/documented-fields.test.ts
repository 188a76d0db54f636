import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { createPipeline } from '#lib/http/create-pipeline.ts';
import { call } from '#test/support/call.ts';
import { captureLogLines } from '#test/support/capture-log-lines.ts';
import { createTenant } from '#test/support/tenant.ts';

test('the documentation names the fields of an access line, all of them and no other', async () => {
  const { actor } = await (await createTenant()).addMember();
  const text = readFileSync(join(import.meta.dirname, '../../../docs/observability.md'), 'utf8');
  const table = text.split('| field | of | means |')[1]?.split('\n\n')[0] ?? '';
  const documented = table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, field]) => field));
  const endpoint = createPipeline({
    spec: {
      id: 'fail',
      method: 'GET',
      path: '/fail',
      summary: 'Fail',
      access: 'public',
      rateLimit: 'read',
      statements: 0,
      response: { status: 200, schema: z.string() },
    },
    run: () => {
      throw new Error('broken');
    },
    entry: [
      {
        before({ event }) {
          event.actor = actor;
        },
      },
    ],
  });
  const lines = captureLogLines();
  await call(endpoint, { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` } });
  expect(Object.keys(JSON.parse(lines[0] ?? '')).sort()).toEqual(documented.sort());
});
