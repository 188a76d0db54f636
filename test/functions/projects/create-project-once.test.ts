import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { handler as expireIdempotencyRecords } from '#functions/jobs/expire-idempotency-records.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { createPipeline } from '#lib/http/create-pipeline.ts';
import { answerOnce } from '#lib/http/idempotency.ts';
import { type Answer, call } from '#test/support/call.ts';
import { toEvent } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { runJob } from '#test/support/run-job.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

const create = ({ token }: Member, key: string, body: object = { name: 'Once' }) =>
  call(createProject, { token, body, headers: { 'idempotency-key': key } });

const countProjects = async ({ actor }: Member) =>
  (await sql`select 1 from projects where organization_id = ${actor.organizationId}`).length;

const withoutTimes = ({ headers, ...answer }: Answer) => {
  const {
    'x-request-id': _id,
    'x-process-time': _time,
    'server-timing': _timing,
    ratelimit: _limit,
    ...rest
  } = headers;
  return { ...answer, headers: rest };
};

describe('succeeds', () => {
  test('a repetition gets the first answer, and says so', async () => {
    const member = await createMember();
    const first = withoutTimes(await create(member, 'key-1'));
    const second = withoutTimes(await create(member, '"key-1"'));
    expect(first.status).toBe(201);
    expect(second).toEqual({ ...first, headers: { ...first.headers, 'idempotency-replayed': 'true' } });
    expect(await countProjects(member)).toBe(1);
    expect(await sql`select 1 from audit_events where entity_id = ${first.body.id}`).toHaveLength(1);
  });

  test('another key, another member and another organization are other requests', async () => {
    const tenant = await createTenant();
    const [one, colleague, stranger] = [
      await tenant.addMember(),
      await tenant.addMember(),
      await createMember(),
    ];
    const answers = [
      await create(one, 'k1'),
      await create(one, 'k2'),
      await create(colleague, 'k1'),
      await create(stranger, 'k1'),
    ];
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(4);
  });

  test('after 24 hours the key is free again, before and after the job has cleaned up', async () => {
    const member = await createMember();
    const first = await create(member, 'old');
    const age = () =>
      sql`update idempotency_records set created_at = now() - interval '24 hours 1 second' where user_id = ${member.userId}`;
    await age();
    const second = await create(member, 'old');
    expect(second.body.id).not.toBe(first.body.id);
    await age();
    expect(await runJob(expireIdempotencyRecords)).toMatchObject({
      expired: expect.any(Number),
    });
    expect(await sql`select 1 from idempotency_records where user_id = ${member.userId}`).toHaveLength(0);
  });

  test('a failure is not stored, and may be repeated', async () => {
    const member = await createMember();
    await create(member, 'k1', { name: 'Taken', slug: 'taken' });
    expect((await create(member, 'k2', { name: 'Again', slug: 'taken' })).status).toBe(409);
    await sql`delete from projects where organization_id = ${member.actor.organizationId}`;
    const answer = await create(member, 'k2', { name: 'Again', slug: 'taken' });
    expect([answer.status, answer.headers['idempotency-replayed']]).toEqual([201, undefined]);
  });
});

describe('rejects', () => {
  test('another request under the same key', async () => {
    const member = await createMember();
    await create(member, 'key', { name: 'One' });
    const { status, body } = await create(member, 'key', { name: 'Two' });
    expect([status, body.code, await countProjects(member)]).toEqual([422, 'idempotency_key_reused', 1]);
  });

  test.each(['', '""', ' ', 'x'.repeat(256), 'with space', 'é'])('the key "%s"', async (key) => {
    const { status, body } = await create(await createMember(), key);
    expect([status, body.errors[0].in]).toEqual([422, 'header']);
  });
});

describe('protects', () => {
  test('against doubles: of 20 at once one creates, the others wait for its answer', async () => {
    const member = await createMember();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(member, 'race')));
    const created = answers.filter(({ status }) => status === 201);
    expect(created.length).toBeGreaterThan(0);
    expect(new Set(created.map(({ body }) => body.id)).size).toBe(1);
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 201))
      expect([status, body.code, headers['retry-after']]).toEqual([409, 'request_in_progress', '1']);
    expect(await countProjects(member)).toBe(1);
  });

  test('against a process that dies before it commits: the repetition makes the one project', async () => {
    const member = await createMember();
    // The record is the last write of the transaction: who sleeps there has inserted the project and not committed it.
    await sql.unsafe(`
      create or replace function sleep_before_commit() returns trigger language plpgsql as
      $$ begin if new.key = 'dies-before-commit' then perform pg_sleep(20); end if; return new; end $$`);
    await sql`create or replace trigger sleep_before_commit before insert on idempotency_records
      for each row execute function sleep_before_commit()`;
    const child = createInChild(member, 'dies-before-commit');
    const isAsleep = () =>
      sql`select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`;
    while ((await isAsleep()).length === 0) expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    // PostgreSQL notices when the statement ends; nobody waits for that in a test.
    await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`;
    await sql`drop function sleep_before_commit cascade`;
    expect(await countProjects(member)).toBe(0);

    const { status, headers } = await create(member, 'dies-before-commit');
    expect([status, headers['idempotency-replayed'], await countProjects(member)]).toEqual([
      201,
      undefined,
      1,
    ]);
  });

  test('against a process that dies after it commits: the repetition gets its answer', async () => {
    const member = await createMember();
    const child = createInChild(member, 'dies-after-commit');
    const [answer] = await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { status, headers, body } = await create(member, 'dies-after-commit');
    expect([status, headers['idempotency-replayed'], await countProjects(member)]).toEqual([201, 'true', 1]);
    expect(body).toEqual(JSON.parse(JSON.parse(String(answer)).body));
  });

  test('against a key of nobody, which is our fault: nothing is done', async () => {
    const run = vi.fn();
    const { method, rateLimit, statements } = createProject.spec;
    const response = { status: 204 };
    const spec = {
      id: 'once',
      method,
      path: '/once',
      summary: '',
      access: 'public',
      rateLimit,
      statements,
      response,
    } as const;
    const endpoint = createPipeline({ spec, run, around: answerOnce });
    const { status } = await call(endpoint, { headers: { 'idempotency-key': 'k' } });
    expect([status, run.mock.calls]).toEqual([500, []]);
    expect(takeErrorLogs()).toHaveLength(1);
  });
});

/** Sends the request in a process of its own, which prints the answer instead of returning it, and then hangs. */
function createInChild({ token }: Member, key: string) {
  const event = toEvent(createProject, {
    token,
    body: { name: 'Once' },
    headers: { 'idempotency-key': key },
  });
  const script = `
    const { handler } = await import('#functions/projects/create-project.ts');
    const answer = await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 30_000 });
    process.stdout.write(JSON.stringify(answer));
    setInterval(() => {}, 1_000);`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../../..'),
    env: { ...process.env, DATABASE_STATEMENT_TIMEOUT_MS: '30000' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
