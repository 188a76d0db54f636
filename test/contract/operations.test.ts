import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { handler as getProblem } from '#functions/docs/get-problem.ts';
import { findStale, generateFiles } from '#functions/generate.ts';
import { errorCatalog } from '#lib/errors/catalog.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { routeKeyOf } from '#lib/http/define-router.ts';
import { answerTo, call } from '#test/support/call.ts';
import { succeeding } from '#test/support/scenario.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const root = join(import.meta.dirname, '../..');
const { endpoints, jobs, tasks } = await loadOperations();
const operations = [...endpoints, ...jobs, ...tasks];

const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('generated files are what the handlers say', async () => {
  expect(findStale(await generateFiles())).toEqual([]);
});

test('every handler can be imported with an empty environment, and opens nothing', () => {
  const modules = operations.map(({ module }) => `${root}/${module}.ts`);
  const script = `
    await Promise.all(${JSON.stringify(modules)}.map((module) => import(module)));
    const open = process.getActiveResourcesInfo().filter((kind) => !['PipeWrap', 'TTYWrap'].includes(kind));
    if (open.length > 0) throw new Error('open after import: ' + open.join(', '));`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { env: {}, cwd: root });
}, 30_000);

test('every operation has an event file that is meant for it', () => {
  for (const { module, handler } of endpoints) {
    const path = `${module.replace('functions/', 'events/')}.json`;
    expect(existsSync(join(root, path)), path).toBe(true);
    expect(JSON.parse(read(path)).routeKey, path).toBe(routeKeyOf(handler.spec));
  }
  for (const { module } of [...jobs, ...tasks])
    expect(existsSync(join(root, `${module.replace('functions/', 'events/')}.json`))).toBe(true);
});

test('every operation is in exactly one fragment that serverless.yml lists', () => {
  const serverless = read('serverless.yml');
  const areas = [...new Set(operations.map(({ area }) => area))];
  for (const area of areas) expect(serverless).toContain(`\${file(functions/${area}/functions.yml)}`);
  const fragments = areas.map((area) => read(`functions/${area}/functions.yml`)).join('\n');
  for (const { handler } of endpoints) {
    const event = handler.spec.path === '$default' ? "httpApi: '*'" : `httpApi: ${routeKeyOf(handler.spec)}`;
    expect(
      fragments.split('\n').filter((line) => line.trim() === `- ${event}`),
      event,
    ).toHaveLength(1);
  }
  const names = fragments.split('\n').filter((line) => /^\w+:$/.test(line));
  expect(new Set(names).size).toBe(names.length);
});

test.each(Object.entries(errorCatalog))('the problem type %s has a page', async (code, { status }) => {
  const event = { ...JSON.parse(read('events/docs/get-problem.json')), pathParameters: { code } };
  const answer = await answerTo(getProblem, event);
  expect(answer.status).toBe(200);
  expect(answer.text).toContain(`HTTP ${status}`);
  expect(answer.headers['cache-control']).toBe('public, max-age=3600');
});

describe('an Idempotency-Key', () => {
  const posts = endpoints.filter(({ spec }) => spec.method === 'POST' && spec.access !== 'public');

  test('is taken by each POST of a known caller but those with a reason', () => {
    const secretAnswer = 'the answer is a secret, which would be stored';
    const secretBody =
      'the body is a credential, of which a digest would be stored; a second time is refused';
    const reasons = {
      createApiKey: secretAnswer,
      rotateApiKey: secretAnswer,
      createNotificationRule: secretAnswer,
      rotateNotificationSecret: secretAnswer,
      enrolTotp: secretAnswer,
      confirmTotp: secretAnswer,
      replaceRecoveryCodes: secretAnswer,
      stepUpSession: secretAnswer,
      switchOrganization: secretAnswer,
      changePassword: secretBody,
      linkIdentity: secretBody,
      logout: 'the session has ended by then, and nobody is known who could have sent the key',
    };
    const without = posts.filter(({ spec }) => !spec.idempotent).map(({ spec }) => spec.id);
    expect(without.sort()).toEqual(Object.keys(reasons).sort());
    const documented = read('docs/api-conventions.md');
    expect(without.filter((id) => !documented.includes(`\`${id}\``))).toEqual([]);
  });

  test.each(
    posts.filter(({ spec }) => spec.idempotent).map((operation) => [operation.spec.id, operation] as const),
  )('has %s done once, and answered twice', async (id, operation) => {
    const member = await createMember('owner', 'operator');
    const request = await succeeding(operation, member);
    const send = () =>
      call(operation.handler, {
        ...request,
        headers: { ...request.headers, 'idempotency-key': `once-${id}` },
      });
    const countEvents = async () =>
      (await sql`select 1 from audit_events where actor_id = ${member.userId}`).length;
    const first = await send();
    const eventsOfFirst = await countEvents();
    const second = await send();
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([
      operation.spec.response.status,
      undefined,
    ]);
    expect([second.status, second.text, second.headers['idempotency-replayed']]).toEqual([
      first.status,
      first.text,
      'true',
    ]);
    expect(await countEvents()).toBe(eventsOfFirst);
  });
});
