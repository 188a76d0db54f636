import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readMigrations } from '#drizzle/migrator/migration-files.ts';
import { handler } from '#functions/operations/migrate-database.ts';
import { defineDeployTask } from '#lib/deploy/define-deploy-task.ts';
import { lambdaContext } from '#lib/local/job-ticker.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createDatabase, withClient } from '#test/support/scratch-database.ts';

/** What CloudFormation was told, and how it answered. */
const answers: { method: string | undefined; type: string | undefined; body: Record<string, string> }[] = [];
const statuses: number[] = [];
const cloudFormation = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  answers.push({ method: request.method, type: request.headers['content-type'], body: JSON.parse(body) });
  response.writeHead(statuses.shift() ?? 200).end();
});
await new Promise<void>((resolve) => {
  cloudFormation.listen(0, '127.0.0.1', resolve);
});
afterAll(() => cloudFormation.close());

const invoke = (event: object, timeoutSeconds = 900) =>
  handler(event, lambdaContext('migrateDatabase', timeoutSeconds));
const resource = (RequestType: string) => ({
  RequestType,
  ServiceToken: 'arn:aws:lambda:eu-central-1:123456789012:function:plinth-prod-migrateDatabase',
  ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/stack?signature=x`,
  StackId: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/plinth-prod/1',
  RequestId: 'r1',
  LogicalResourceId: 'DatabaseMigration',
  ResourceType: 'Custom::DatabaseMigration',
  ResourceProperties: { Head: '0010' },
  ...(RequestType !== 'Create' && { PhysicalResourceId: 'migrateDatabase' }),
});

let url = '';
beforeEach(async () => {
  url = await createDatabase();
  process.env.DATABASE_MIGRATION_URL = url;
  answers.length = 0;
  statuses.length = 0;
});

describe('CloudFormation', () => {
  test('is told that the database has the schema of this release, and asks again when nothing has changed', async () => {
    await invoke(resource('Create'));
    await invoke(resource('Update'));
    const told = {
      Status: 'SUCCESS',
      PhysicalResourceId: 'migrateDatabase',
      StackId: resource('Create').StackId,
      RequestId: 'r1',
      LogicalResourceId: 'DatabaseMigration',
    };
    expect(answers).toEqual([1, 2].map(() => ({ method: 'PUT', type: '', body: told })));
    const [row] = await withClient(url, (sql) => sql`select count(*)::int from drizzle.__drizzle_migrations`);
    expect(row?.count).toBe(readMigrations().length);
  });

  test('is told why the deployment has to stop', async () => {
    await withClient(url, (sql) => sql`create table organizations (id integer)`);
    await invoke(resource('Create'));
    expect(answers[0]?.body.Status).toBe('FAILED');
    expect(answers[0]?.body.Reason).toMatch(
      /^drizzle\/0000_foundation.sql:\d+, statement 3 of \d+: relation "organizations" already exists \(42P07\)\n/,
    );
    expect(takeErrorLogs()).toHaveLength(1);
  });

  test('is told that the database cannot be reached', async () => {
    process.env.DATABASE_MIGRATION_URL = 'postgres://localhost:1/nowhere';
    await invoke(resource('Update'));
    expect(answers[0]?.body.Reason).toMatch(/^The database cannot be used: .+ \(ECONNREFUSED\)\./);
    expect(takeErrorLogs()).toHaveLength(1);
  });

  test('is told in time when there is none left, and again when it did not take the answer', async () => {
    statuses.push(503);
    await invoke(resource('Create'), 1);
    expect(answers.map(({ body }) => body.Status)).toEqual(['FAILED', 'FAILED']);
    expect(answers[1]?.body.Reason).toMatch(/^No time is left for 0000_foundation.sql/);
    expect(takeErrorLogs()).toHaveLength(1);
  });

  test('is told in time when the work never ends', async () => {
    const silent = defineDeployTask(
      { id: 'silent', summary: '', timeoutSeconds: 900, command: z.object({}), onDeploy: {} },
      () => new Promise(() => {}),
    );
    await silent(resource('Update'), lambdaContext('silent', 13));
    expect(answers[0]?.body).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('not end in time'),
    });
    expect(takeErrorLogs()).toHaveLength(1);
  });

  test('keeps the database when the stack is removed', async () => {
    process.env.DATABASE_MIGRATION_URL = 'postgres://127.0.0.1:1/nowhere';
    await invoke(resource('Delete'));
    expect(answers[0]?.body.Status).toBe('SUCCESS');
  });

  test('is told for as long as there is time, as nobody invokes the function again', async () => {
    statuses.push(503, 503, 503);
    await invoke(resource('Delete'));
    expect(answers).toHaveLength(4);
    statuses.push(503, 503, 503);
    await expect(invoke(resource('Delete'), 5)).rejects.toThrow('did not take the answer');
    expect(takeErrorLogs()).toHaveLength(1);
  });
});

describe('an operator', () => {
  test('gets the state, migrates and rolls back', async () => {
    await invoke({ command: 'migrate' });
    const { migrations } = (await invoke({ command: 'status' })) as { migrations: { state: string }[] };
    expect(new Set(migrations.map(({ state }) => state))).toEqual(new Set(['applied']));
    const last = readMigrations().at(-1)?.name;
    expect(await invoke({ command: 'rollback', allowDataLoss: true })).toEqual({ undone: [last] });
    expect(await invoke({ command: 'migrate' })).toEqual({ applied: [last] });
  });

  test.each([{ command: 'rollback', to: '10' }, { command: 'drop' }, {}])(
    'is refused %j',
    async (command) => {
      await expect(invoke(command)).rejects.toThrow();
      expect(takeErrorLogs()).toHaveLength(1);
    },
  );
});
