import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { closePool } from '#lib/db/client.ts';
import { recordFailures } from '#lib/error-groups/record-failures.ts';
import { forgetLastReport } from '#lib/error-groups/report-failures.ts';
import { noteFailure, takeFailures } from '#lib/errors/failure-buffer.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import { logger } from '#lib/observability/logger.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { runJob } from '#test/support/run-job.ts';
import { sql } from '#test/support/tenant.ts';

// A busy test machine needs more than the budget.
vi.mock('#lib/invocation.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('#lib/invocation.ts')>()),
  withinDeadline: () => 10_000,
}));

let fails: (() => never) | undefined;
const endpoint = definePublicEndpoint(
  {
    id: 'failAtWill',
    method: 'GET',
    path: '/fail',
    summary: 'Fail',
    rateLimit: 'read',
    statements: 0,
    response: { status: 200, schema: z.object({ text: z.string() }) },
  },
  async () => fails?.() ?? { text: 'fine' },
);

const failWith = (error: unknown) => {
  fails = () => {
    throw error;
  };
};

beforeEach(() => {
  fails = undefined;
  takeFailures();
  forgetLastReport();
});

const groupsOf = (title: string) =>
  sql`select * from error_groups where title = ${title} order by last_seen_at`;
/** A title of letters only: digits would be normalized. */
const newTitle = () =>
  `broken ${randomUUID()
    .replace(/[\d-]/g, (digit) => 'ghijklmnopq'[Number(digit) || 0] ?? 'z')
    .replace(/[a-f]/g, 'r')}`;

function failure(title: string, operation = 'failAtWill') {
  takeFailures();
  noteFailure({
    operation,
    code: 'internal',
    error: new Error(title),
    requestId: 'request-1',
    traceId: undefined,
    at: new Date(),
  });
  return takeFailures();
}

test('the first failure is told with its own answer, and redacted', async () => {
  const title = newTitle();
  failWith(new Error(title, { cause: undefined }));
  const { status, headers } = await call(endpoint, { headers: { 'x-request-id': 'request-47' } });
  expect([status, headers['x-request-id']]).toEqual([500, 'request-47']);
  takeErrorLogs();
  const [group] = await groupsOf(title);
  expect(group).toMatchObject({
    operations: ['failAtWill'],
    code: 'internal',
    error_class: 'Error',
    count: '1',
    state: 'open',
    first_release: 'development',
    sample: {
      requestId: 'request-47',
      message: title,
      stack: expect.stringContaining('report-failures.test'),
    },
  });
});

test('a storm writes once; the rest goes with the next request after ten seconds, even one that succeeds', async () => {
  const title = newTitle();
  failWith(new Error(title));
  for (let times = 0; times < 50; times++) await call(endpoint);
  expect(takeErrorLogs()).toHaveLength(50);
  expect((await groupsOf(title)).map(({ count }) => count)).toEqual(['1']);
  forgetLastReport();
  fails = undefined;
  expect((await call(endpoint)).status).toBe(200);
  expect((await groupsOf(title)).map(({ count }) => count)).toEqual(['50']);
});

test('while the database is away answers do not wait for it for long, and nothing noted is lost', async () => {
  const title = newTitle();
  const warn = vi.spyOn(logger, 'warn');
  failWith(new Error(title));
  const url = process.env.DATABASE_URL;
  await withDatabase('postgres://127.0.0.1:1/nowhere', async () => {
    const startedAt = performance.now();
    expect((await call(endpoint)).status).toBe(500);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('not recorded'), expect.anything());
  warn.mockRestore();
  takeErrorLogs();
  expect(process.env.DATABASE_URL).toBe(url);
  forgetLastReport();
  fails = undefined;
  await call(endpoint);
  expect((await groupsOf(title)).map(({ count }) => count)).toEqual(['1']);
});

test('of more than 20 kinds at once the first are kept', async () => {
  for (let kind = 0; kind < 100; kind++)
    noteFailure({
      operation: `operation${kind}`,
      code: 'internal',
      error: new Error('x'),
      requestId: 'r',
      traceId: undefined,
      at: new Date(),
    });
  expect(takeFailures()).toHaveLength(20);
});

test('a job that fails is told, too', async () => {
  const title = newTitle();
  const job = defineJob(
    { id: 'failingJob', summary: 'Fail', schedule: 'rate(1 day)', timeoutSeconds: 60 },
    async () => {
      throw new Error(title);
    },
  );
  const { runId } = await runJob(job);
  takeErrorLogs();
  expect(await groupsOf(title)).toMatchObject([{ operations: ['failingJob'], sample: { requestId: runId } }]);
});

describe('a group', () => {
  test('counts exactly when 20 instances tell it at once', async () => {
    const title = newTitle();
    const told = Array.from({ length: 20 }, () => [...failure(title, 'one'), ...failure(title, 'other')]);
    await Promise.all(told.map((failures) => recordFailures(failures, 'r1')));
    expect((await groupsOf(title)).map(({ count }) => count)).toEqual(['20', '20']);
  });

  test('that is resolved stays so in its release, and opens again in any other', async () => {
    const title = newTitle();
    const see = async (release: string) => {
      await recordFailures(failure(title), release);
      const [group] = await groupsOf(title);
      return [group?.state, Number(group?.count), group?.regressions, group?.last_release];
    };
    expect(await see('r1')).toEqual(['open', 1, 0, 'r1']);
    await sql`update error_groups set state = 'resolved', resolved_release = last_release where title = ${title}`;
    expect(await see('r1')).toEqual(['resolved', 2, 0, 'r1']);
    expect(await see('r2')).toEqual(['open', 3, 1, 'r2']);
    expect(await see('r2')).toEqual(['open', 4, 1, 'r2']);
    await sql`update error_groups set state = 'ignored' where title = ${title}`;
    expect(await see('r3')).toEqual(['ignored', 5, 1, 'r3']);
  });
});

async function withDatabase(url: string, work: () => Promise<void>): Promise<void> {
  const { getConfig } = await import('#lib/config/get-config.ts');
  const config = getConfig() as { DATABASE_URL: string };
  const before = config.DATABASE_URL;
  await closePool(1);
  config.DATABASE_URL = url;
  try {
    await work();
  } finally {
    config.DATABASE_URL = before;
    await closePool(1);
  }
}

test.each([
  ['a NUL', 'before \0 after'],
  ['half a character', 'before \ud83d after'],
  ['a message cut in the middle of one', `${'a'.repeat(999)}😀`],
  ['a title cut in the middle of one', `${'a'.repeat(199)}😀`],
])('%s does not keep out a failure, nor those that come with it', async (_, message) => {
  const title = newTitle();
  await recordFailures([...failure(message), ...failure(title)], '1.0.0');
  expect(await groupsOf(title)).toHaveLength(1);
});
