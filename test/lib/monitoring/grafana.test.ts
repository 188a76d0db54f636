import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { handler as getMetrics } from '#functions/monitoring/get-metrics.ts';
import { call } from '#test/support/call.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/grafana/plinth.json'), 'utf8');
const dashboard = JSON.parse(text);

test('every metric and label that the dashboard names is in /metrics, and every metric of /metrics is on it', async () => {
  await sql`
    insert into measurements (resolution, starts_at, operation, outcome, is_cold, count, duration_us, buckets)
    values ('total', to_timestamp(0), 'listProjects', '200', false, 1, 5000, '{"10": 1}'),
      ('total', to_timestamp(0), 'expireSessions', 'succeeded', true, 1, 5000, '{"10": 1}')
    on conflict do nothing`;
  await sql`insert into measurement_folds values (gen_random_uuid())`;
  const { text: exposition } = await call(getMetrics, { token: (await createMember('operator')).token });
  const samples = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const exposed = new Set(samples.map((line) => /^\w+/.exec(line)?.[0]));
  const named = new Set([...text.matchAll(/\bplinth_\w+/g)].map(([name]) => name));
  expect([...named].filter((name) => !exposed.has(name))).toEqual([]);
  expect([...exposed].filter((name) => !named.has(String(name)))).toEqual([]);
  const labels = new Set(samples.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, label]) => label)));
  const grouped = [...text.matchAll(/by \(([^)]+)\)|\{\{(\w+)\}\}/g)].flatMap(([, list, label]) =>
    (list ?? label ?? '').split(/,\s*/),
  );
  expect(grouped.filter((label) => !labels.has(label))).toEqual([]);
});

test('the dashboard has panels with a title, a query and a place of their own', () => {
  const places = dashboard.panels.map(({ gridPos }: { gridPos: object }) => JSON.stringify(gridPos));
  expect(new Set(places).size).toBe(places.length);
  for (const { title, targets } of dashboard.panels)
    expect([title, targets[0].expr]).toEqual([expect.stringMatching(/./), expect.stringMatching(/plinth_/)]);
});
