import { describe, expect, test } from 'vitest';
import { handler as exportProjects } from '#functions/projects/export-projects.ts';
import { handler as importProjects } from '#functions/projects/import-projects.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { answerTo, call } from '#test/support/call.ts';
import { toEvent } from '#test/support/event.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';
import { untilWaiting } from '#test/support/until-waiting.ts';

const headers = { 'content-type': 'application/x-ndjson' };

const send = ({ token }: Member, body: string, more: Record<string, string> = {}) =>
  call(importProjects, { token, body, headers: { ...headers, ...more } });

const toLines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

const readExport = async ({ token }: Member) => (await call(exportProjects, { token })).text;

const namesOf = async ({ actor }: Member) =>
  (await sql`select name from projects where organization_id = ${actor.organizationId} order by id`).map(
    ({ name }) => name,
  );

/** The same user in another organization. */
async function moveElsewhere({ actor }: Member): Promise<Member> {
  const tenant = await createTenant();
  return tenant.addUser(actor.userId);
}

describe('succeeds', () => {
  test('creates a project a line, each with its audit event, and tells which', async () => {
    const member = await createMember();
    const body = toLines(
      { name: 'One', slug: 'one', tags: ['a'] },
      { name: 'Two', ownerId: member.userId.toUpperCase() },
    );
    const answer = await send(member, body, { 'x-request-id': 'import-request' });
    expect([answer.status, answer.body.created, answer.body.failed]).toEqual([200, 2, 0]);
    const rows = await sql`
      select p.id, name, slug, version, owner_id, action, actor_id, request_id, changes -> 'name' as change
      from projects p join audit_events e on e.entity_id = p.id
      where p.organization_id = ${member.actor.organizationId} order by p.id`;
    const [first, second] = rows.map(({ id }) => id);
    expect(answer.body.results).toEqual([
      { line: 1, projectId: first },
      { line: 2, projectId: second },
    ]);
    const common = {
      version: 1,
      owner_id: member.userId,
      action: 'project.create',
      actor_id: member.userId,
      request_id: 'import-request',
    };
    expect(rows).toMatchObject([
      { ...common, name: 'One', slug: 'one', change: { after: 'One' } },
      { ...common, name: 'Two', slug: `two-${second.slice(-8)}`, change: { after: 'Two' } },
    ]);
  });

  test('takes the export of another organization as it is, and gives the same export', async () => {
    const member = await createMember();
    for (const input of [
      {
        name: 'Zulu',
        slug: 'z',
        status: 'archived',
        tags: ['b', 'a'],
        metadata: { deep: [1e21, null, { x: '\u2028' }] },
      },
      { name: 'مشروع 🚀', slug: 'a', description: 'line\nbreak "quoted" \\' },
      { name: 'Made up' },
    ])
      await createProject(member.ctx, CreateProjectInput.parse(input));
    const exported = await readExport(member);
    const elsewhere = await moveElsewhere(member);
    expect((await send(elsewhere, exported)).body).toMatchObject({ created: 3, failed: 0 });
    const comparable = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => {
          const {
            id: _id,
            organizationId: _org,
            createdAt: _created,
            updatedAt: _updated,
            ...rest
          } = JSON.parse(line);
          return rest;
        });
    expect(comparable(await readExport(elsewhere))).toEqual(comparable(exported));
    expect((await send(elsewhere, exported)).body).toMatchObject({ created: 0, failed: 3 });
  });

  test('ignores what the service sets', async () => {
    const [member, stranger] = await Promise.all([createMember(), createMember()]);
    const { id } = await createProject(stranger.ctx, CreateProjectInput.parse({ name: 'Theirs' }));
    const instants = { createdAt: '2020-01-01T00:00:00Z', updatedAt: 7, deletedAt: '2020-01-01T00:00:00Z' };
    const line = { name: 'Mine', id, organizationId: stranger.actor.organizationId, version: 7, ...instants };
    const { body } = await send(member, toLines(line));
    expect(body).toMatchObject({ created: 1, failed: 0 });
    const [row] = await sql`select * from projects where id = ${body.results[0].projectId}`;
    expect(row).toMatchObject({ organization_id: member.actor.organizationId, version: 1, deleted_at: null });
    expect(row?.created_at.getTime()).toBeGreaterThan(Date.parse('2026-01-01'));
    expect(await namesOf(stranger)).toEqual(['Theirs']);
  });

  test('reads 1,000 lines', async () => {
    const member = await createMember();
    const names = Array.from({ length: 1_000 }, (_, index) => `Project ${index}`);
    const { status, body } = await send(member, toLines(...names.map((name) => ({ name }))));
    expect([status, body.created, body.failed]).toEqual([200, 1_000, 0]);
    expect(await namesOf(member)).toEqual(names);
  });

  test('overlooks a byte order mark, CRLF and empty lines, and counts them as lines', async () => {
    const member = await createMember();
    const body = '\uFEFF{"name":"مشروع 🚀"}\r\n\r\n{"name":"B"}\n \t\n{"name":"C"}\n\n\n';
    const { body: result } = await send(member, body);
    expect(result.results.map(({ line }: { line: number }) => line)).toEqual([1, 3, 5]);
    const event = toEvent(importProjects, { token: member.token, headers, body });
    const encoded = { ...event, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
    expect((await answerTo(importProjects, encoded)).body.created).toBe(3);
    expect(await namesOf(member)).toEqual(['مشروع 🚀', 'B', 'C', 'مشروع 🚀', 'B', 'C']);
  });

  test.each(['', '\n', '\uFEFF\r\n'])('no line is no project: %j', async (body) => {
    const { status, body: result } = await send(await createMember(), body);
    expect([status, result]).toEqual([200, { created: 0, failed: 0, results: [] }]);
  });
});

describe('rejects', () => {
  test('a wrong line alone, with its reason and a pointer', async () => {
    const [member, stranger] = await Promise.all([createMember(), createMember()]);
    await createProject(member.ctx, CreateProjectInput.parse({ name: 'Old', slug: 'old' }));
    const wrong: [string, string, ...string[]][] = [
      ['{"name":', 'malformed_json'],
      ['{"name":"a"} {"name":"b"}', 'malformed_json'],
      ['{"name":"a","__proto__":{}}', 'malformed_json'],
      ['{"name":"\\u0000"}', 'malformed_json'],
      ['{"name":"\\ud800"}', 'malformed_json'],
      ['{"name":"a","metadata":{"a":1e999}}', 'malformed_json'],
      [`{"name":"a","metadata":{"a":${'['.repeat(64)}${']'.repeat(64)}}}`, 'malformed_json'],
      ['[{"name":"a"}]', 'validation_failed', ''],
      ['null', 'validation_failed', ''],
      ['{}', 'validation_failed', '/name'],
      [`{"name":"${'x'.repeat(10_240)}"}`, 'validation_failed', '/name'],
      ['{"name":"a","is/odd~":1}', 'validation_failed', '/is~1odd~0'],
      ['{"name":"a","a":1,"b":1,"c":1,"d":1,"e":1,"f":1}', 'validation_failed', '/a', '/b', '/c', '/d', '/e'],
      ['{"name":"a","tags":["a",1]}', 'validation_failed', '/tags/1'],
      [`{"name":"a","metadata":{"a":"${'x'.repeat(16_384)}"}}`, 'validation_failed', '/metadata'],
      [`{"name":"a","ownerId":"${stranger.userId}"}`, 'validation_failed', '/ownerId'],
      ['{"name":"a","slug":"old"}', 'slug_taken'],
      ['{"name":"a","slug":"new"}', 'slug_taken'],
    ];
    const lines = ['{"name":"First","slug":"new"}', ...wrong.map(([line]) => line), '{"name":"Last"}'];
    const { status, body } = await send(member, lines.join('\n'));
    expect([status, body.created, body.failed]).toEqual([200, 2, wrong.length]);
    expect(
      body.results
        .slice(1, -1)
        .map(({ error }: { error: { code: string; errors?: { pointer: string }[] } }, index: number) => [
          wrong[index]?.[0],
          error.code,
          ...(error.errors ?? []).map(({ pointer }) => pointer),
        ]),
    ).toEqual(wrong);
    expect(body.results[17]).toEqual({
      line: 18,
      error: {
        code: 'slug_taken',
        title: 'Slug already in use',
        detail: 'Slug "old" is already in use',
        retryable: false,
      },
    });
    expect(await namesOf(member)).toEqual(['Old', 'First', 'Last']);
  });

  test('1,001 lines and more than 2 MB with 413, and creates none of them', async () => {
    const member = await createMember();
    const tooMany = await send(member, '{"name":"x"}\n'.repeat(1_001));
    const tooLarge = await send(member, `{"name":"x"}\n${' '.repeat(2_000_000)}`);
    expect([tooMany, tooLarge].map(({ status, body }) => [status, body.code])).toEqual([
      [413, 'body_too_large'],
      [413, 'body_too_large'],
    ]);
    expect(await namesOf(member)).toEqual([]);
  });

  test('bytes that are no UTF-8 with 400, and creates none', async () => {
    const member = await createMember();
    const event = toEvent(importProjects, { token: member.token, headers, body: 'x' });
    const body = Buffer.from('{"name":"a"}\n{"name":"é"}', 'latin1').toString('base64');
    const answer = await answerTo(importProjects, { ...event, body, isBase64Encoded: true });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_json']);
    expect(await namesOf(member)).toEqual([]);
  });

  test('the worst lines with an answer that Lambda can carry', async () => {
    const member = await createMember();
    const keys = [1, 2, 3, 4, 5].map((key) => [`${'"'.repeat(190)}${key}`, 0]);
    const body = toLines({ name: 'x', ...Object.fromEntries(keys) }).repeat(1_000);
    expect(Buffer.byteLength(body)).toBeGreaterThan(1_900_000);
    const answer = await send(member, body);
    expect(answer.body).toMatchObject({ created: 0, failed: 1_000 });
    expect(answer.body.results[999].error.errors).toHaveLength(5);
    expect(Buffer.byteLength(JSON.stringify(answer.text))).toBeLessThan(6_000_000);
  });
});

describe('protects', () => {
  test('against a repetition: the same key gets the first answer, and another body is refused', async () => {
    const member = await createMember();
    const once = { 'idempotency-key': 'import-1' };
    const body = `${toLines({ name: 'Once' })}{"broken":`;
    const [first, second] = [await send(member, body, once), await send(member, body, once)];
    expect(first.body).toMatchObject({ created: 1, failed: 1 });
    expect([second.headers['idempotency-replayed'], second.body]).toEqual(['true', first.body]);
    const other = await send(member, `${toLines({ name: 'Once' })}{"broke":`, once);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await namesOf(member)).toEqual(['Once']);
  });

  test('against waiting for each other: imports of the same slugs in opposite orders both end', async () => {
    const member = await createMember();
    const inputs = ['a', 'm', 'z'].map((slug) => ({ name: slug, slug }));
    let answers: ReturnType<typeof send>[] = [];
    const blocker = sql.begin(async (tx) => {
      await tx`
        insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata)
        values (gen_random_uuid(), ${member.actor.organizationId}, ${member.userId}, 'm', 'm', '', 'active', '{}', '{}')`;
      answers = [inputs, inputs.toReversed()].map((each) => send(member, toLines(...each)));
      await untilWaiting(2);
      throw new Error('give way');
    });
    await expect(blocker).rejects.toThrow('give way');
    const created = (await Promise.all(answers)).map(({ status, body }) => [status, body.created]);
    expect(created.sort()).toEqual([
      [200, 0],
      [200, 3],
    ]);
  });

  test('the slugs of one organization from the imports of another', async () => {
    const [member, stranger] = await Promise.all([createMember(), createMember()]);
    for (const each of [member, stranger])
      expect((await send(each, toLines({ name: 'Same', slug: 'same' }))).body.created).toBe(1);
  });

  test('the rule that an owner is a member, against one who leaves meanwhile', async () => {
    const { addMember } = await createTenant();
    const [member, leaving] = [await addMember(), await addMember()];
    const lines = toLines({ name: 'Kept' }, { name: 'Ownerless', ownerId: leaving.userId });
    let answer: ReturnType<typeof send> | undefined;
    await sql.begin(async (tx) => {
      await tx`delete from memberships where user_id = ${leaving.userId}`;
      answer = send(member, lines);
      await untilWaiting(1);
    });
    expect((await answer)?.body).toMatchObject({
      created: 1,
      results: [
        { line: 1 },
        { line: 2, error: { code: 'validation_failed', errors: [{ pointer: '/ownerId' }] } },
      ],
    });
    expect(await namesOf(member)).toEqual(['Kept']);
  });

  test('an organization from a member who left, though the token still lives', async () => {
    const { addMember } = await createTenant();
    const [left, stayed] = [await addMember(), await addMember()];
    await sql`delete from memberships where user_id = ${left.userId}`;
    const { status, body } = await send(left, toLines({ name: 'Theirs', ownerId: stayed.userId }));
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
    expect(await namesOf(stayed)).toEqual([]);
  });
});
