import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { getPool } from '#lib/db/client.ts';
import { recordFailures } from '#lib/error-groups/record-failures.ts';
import { forgetLastReport, reportFailures } from '#lib/error-groups/report-failures.ts';
import { noteFailure, takeFailures } from '#lib/errors/failure-buffer.ts';
import { logger } from '#lib/observability/logger.ts';
import { sql } from '#test/support/tenant.ts';

const counts: number[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  counts.push(JSON.parse(body.trim().split('\n').at(-1) ?? '').extra.count);
  response.end('{}');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
process.env.SENTRY_DSN = `http://key@127.0.0.1:${port}/1`;

afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  counts.length = 0;
  takeFailures();
  forgetLastReport();
  vi.spyOn(logger, 'warn').mockReturnValue();
});

const note = (operation: string) =>
  noteFailure({
    operation,
    code: 'internal',
    error: new Error('late'),
    requestId: 'request-1',
    traceId: undefined,
    at: new Date(),
  });

/** Reports while PostgreSQL does not come to write it, until it does not try to any more. */
async function reportInVain() {
  await getPool().execute('select 1');
  await sql.begin(async (tx) => {
    await tx`lock table error_groups in access exclusive mode`;
    forgetLastReport();
    await reportFailures();
    await vi.waitFor(async () => {
      await tx`select pg_stat_clear_snapshot()`;
      const waiting =
        await tx`select from pg_locks where relation = 'error_groups'::regclass and not granted`;
      expect(waiting).toHaveLength(0);
    });
  });
}

test('what PostgreSQL did not write in time is not written after all, and counted twice with the next report', async () => {
  const operation = randomUUID();
  note(operation);
  await reportInVain();
  expect(logger.warn).toHaveBeenCalledWith(expect.stringContaining('not recorded'), expect.anything());
  await recordFailures(takeFailures(), 'r1');
  expect(await sql`select count::int from error_groups where ${operation} = any(operations)`).toEqual([
    { count: 1 },
  ]);
});

test('Sentry is told of each failure once, however often PostgreSQL does not take it', async () => {
  const operation = randomUUID();
  note(operation);
  await reportInVain();
  await reportInVain();
  note(operation);
  note(operation);
  await reportInVain();
  expect(counts).toEqual([1, 2]);
});
