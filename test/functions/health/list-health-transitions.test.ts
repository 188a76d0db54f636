import { describe, expect, test } from 'vitest';
import { handler as listHealthTransitions } from '#functions/health/list-health-transitions.ts';
import { call } from '#test/support/call.ts';
import { createMember, sql } from '#test/support/tenant.ts';

async function setUp() {
  await sql`delete from health_transitions`;
  await sql`insert into health_transitions (check_name, from_status, to_status, output, at)
    select 'redis:responseTime', 'pass', 'warn', 'does not answer ' || n, '2026-11-21 09:00:00.123456Z' from generate_series(1, 9) n`;
  const { token } = await createMember('viewer', 'operator');
  return { list: (query: Record<string, string> = {}) => call(listHealthTransitions, { token, query }) };
}

describe('succeeds', () => {
  test('newest first', async () => {
    const { list } = await setUp();
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body.items).toHaveLength(9);
    expect(body.items[0]).toEqual({
      id: expect.any(Number),
      check: 'redis:responseTime',
      from: 'pass',
      to: 'warn',
      output: 'does not answer 9',
      at: '2026-11-21T09:00:00.123456Z',
    });
    expect(body).not.toHaveProperty('nextCursor');
  });

  test('in pages that have each once, also of one instant and while more is stored', async () => {
    const { list } = await setUp();
    const seen: number[] = [];
    let cursor = '';
    do {
      const { body, headers } = await list({ limit: '2', ...(cursor && { cursor }) });
      seen.push(...body.items.map(({ id }: { id: number }) => id));
      cursor = body.nextCursor;
      expect(Boolean(headers.link)).toBe(Boolean(cursor));
      await sql`insert into health_transitions (check_name, to_status, at) values ('later', 'fail', now())`;
    } while (cursor);
    expect([seen.length, new Set(seen).size]).toEqual([9, 9]);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  });
});

describe('rejects', () => {
  test('a cursor it has not given out', async () => {
    const { list } = await setUp();
    for (const cursor of ['x', Buffer.from('["1"]').toString('base64url')]) {
      const { status, body } = await list({ cursor });
      expect([status, body.code]).toEqual([400, 'invalid_cursor']);
    }
  });
});
