import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { handler as listDeprecatedCalls } from '#functions/monitoring/list-deprecated-calls.ts';
import { assertDeprecationsSound } from '#lib/generate/deprecations.ts';
import { renderFunctions } from '#lib/generate/functions-yaml.ts';
import { type EndpointOperation, isHandlerFile, kebabCase } from '#lib/generate/load-operations.ts';
import { renderOpenApi } from '#lib/generate/openapi.ts';
import { renderRouteTable } from '#lib/generate/route-table.ts';
import { divide } from '#lib/generate/units.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { defineEndpoint } from '#lib/http/define-endpoint.ts';
import { definePublicEndpoint } from '#lib/http/define-public-endpoint.ts';
import { routeKeyOf } from '#lib/http/define-router.ts';
import { type DeprecationNotice, deprecate } from '#lib/http/deprecate.ts';
import { versionTag } from '#lib/http/if-match.ts';
import { nextLink } from '#lib/http/next-link.ts';
import { findRoute } from '#lib/local/match-route.ts';
import { expireMeasurements } from '#lib/monitoring/expire-measurements.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { getProject } from '#lib/projects/get-project.ts';
import { CreateProjectInput, Project, ProjectParams } from '#lib/projects/schemas.ts';
import { call } from '#test/support/call.ts';
import { createKey } from '#test/support/scenario.ts';
import { contextOf, createMember, sql } from '#test/support/tenant.ts';

const notice = {
  since: '2026-11-01',
  sunset: '2027-06-01',
  successor: '/api/v2/projects/{id}',
  guide: 'https://example.com/moving-to-v2',
} as const;
const dates = { deprecation: '@1793491200', sunset: 'Tue, 01 Jun 2027 00:00:00 GMT' };

// Each test has operations of its own: who calls them is in a table of the platform.
function defineVersions() {
  const id = `readProject${randomUUID().replaceAll('-', '')}`;
  const common = {
    method: 'GET',
    access: { permission: 'projects:read' },
    rateLimit: 'read',
    statements: 1,
    params: ProjectParams,
    errors: ['not_found', 'gone'],
  } as const;
  const v1 = defineEndpoint(
    {
      ...common,
      id,
      path: '/api/v1/projects/{id}',
      summary: 'Read a project',
      response: { status: 200, schema: Project, headers: { ETag: versionTag } },
      deprecated: deprecate(notice),
    },
    ({ ctx, params }) => getProject(ctx, params.id),
  );
  const ProjectV2 = Project.omit({ name: true })
    .extend({ title: z.string().meta({ example: 'Apollo' }) })
    .meta({ id: 'ProjectV2' });
  const v2 = defineEndpoint(
    {
      ...common,
      id: `${id}V2`,
      path: '/api/v2/projects/{id}',
      summary: 'Read a project',
      response: { status: 200, schema: ProjectV2, headers: { ETag: versionTag } },
    },
    async ({ ctx, params }) => {
      const { name: title, ...project } = await getProject(ctx, params.id);
      return { ...project, title };
    },
  );
  return { id, v1, v2 };
}

const operationOf = (handler: Endpoint): EndpointOperation => ({
  handler,
  spec: handler.spec,
  area: 'projects',
  // Its event fits.
  module: 'functions/projects/get-project',
});

async function createOwnProject() {
  const member = await createMember('owner', 'operator');
  const { id } = await createProject(member.ctx, CreateProjectInput.parse({ name: 'Apollo' }));
  return { ...member, params: { id } };
}

describe('a second version beside the first', () => {
  test('answers with its own shape from the same verb, and only the first says that it is deprecated', async () => {
    const { v1, v2 } = defineVersions();
    const { token, params } = await createOwnProject();
    const [first, second] = await Promise.all([call(v1, { token, params }), call(v2, { token, params })]);
    expect([first.body.name, first.body.title]).toEqual(['Apollo', undefined]);
    expect([second.body.name, second.body.title]).toEqual([undefined, 'Apollo']);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(first.headers).toMatchObject(dates);
    for (const name of ['deprecation', 'sunset', 'link']) expect(second.headers).not.toHaveProperty(name);
  });

  test('is in the document, the table of routes, the template and the router beside it', () => {
    const { id, v1, v2 } = defineVersions();
    const operations = [v1, v2].map(operationOf);
    const document = JSON.parse(renderOpenApi(operations, '1.0.0'));
    expect(document.paths['/api/v1/projects/{id}'].get).toMatchObject({
      operationId: id,
      deprecated: true,
      description: expect.stringContaining('Call `/api/v2/projects/{id}` instead.'),
      'x-sunset': '2027-06-01',
    });
    expect(document.paths['/api/v2/projects/{id}'].get).not.toHaveProperty('deprecated');
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Project', 'ProjectV2']),
    );
    const table = renderRouteTable(operations, [], []);
    expect(table).toContain(
      '| Read a project (deprecated since 2026-11-01, until 2027-06-01: `/api/v2/projects/{id}`) |',
    );
    const fragment = renderFunctions('projects', divide('endpoint', operations), []);
    for (const { spec } of operations) expect(fragment).toContain(`- httpApi: ${routeKeyOf(spec)}\n`);
    const routeKeys = operations.map(({ spec }) => routeKeyOf(spec));
    expect(findRoute(routeKeys, 'GET', '/api/v2/projects/7')).toEqual({
      routeKey: 'GET /api/v2/projects/{id}',
      parameters: { id: '7' },
    });
  });

  test('has a file of its own in the same folder, by the same rule as every other', () => {
    expect(kebabCase('getProjectV2')).toBe('get-project-v2');
    expect(isHandlerFile('projects/get-project-v2.ts')).toBe(true);
  });
});

describe('a deprecated route', () => {
  test('says so in every answer, refusals included, with links to its successor and to the guide', async () => {
    const { v1 } = defineVersions();
    const { token, params } = await createOwnProject();
    const missing = { id: params.id.replace(/.{12}$/, 'ffffffffffff') };
    const fresh = await call(v1, { token, params });
    const answers = [
      fresh,
      await call(v1, { token, params, headers: { 'if-none-match': String(fresh.headers.etag) } }),
      await call(v1, { params }),
      await call(v1, { token, params: missing }),
      await call(v1, { token, params: { id: 'a"b>c' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 304, 401, 404, 422]);
    for (const { headers } of answers) expect(headers).toMatchObject(dates);
    const guide = '<https://example.com/moving-to-v2>; rel="deprecation"; type="text/html"';
    expect(fresh.headers.link).toBe(`</api/v2/projects/${params.id}>; rel="successor-version", ${guide}`);
    expect(answers[4]?.headers.link).toBe(`</api/v2/projects/a%22b%3Ec>; rel="successor-version", ${guide}`);
  });

  test('that is a list has the link to its next page beside them, and no sunset unless there is one', async () => {
    const list = definePublicEndpoint(
      {
        id: `listThings${randomUUID().replaceAll('-', '')}`,
        method: 'GET',
        path: '/api/v1/things',
        summary: 'List things',
        rateLimit: 'read',
        statements: 0,
        query: z.object({ cursor: z.string().optional() }),
        response: { status: 200, schema: z.object({ nextCursor: z.string() }), headers: { Link: nextLink } },
        deprecated: deprecate({ since: '2026-11-01', successor: '/api/v2/things' }),
      },
      async () => ({ nextCursor: 'more' }),
    );
    const { headers } = await call(list);
    expect(headers.link).toBe(
      '</api/v1/things?cursor=more>; rel="next", </api/v2/things>; rel="successor-version"',
    );
    expect(headers.deprecation).toBe(dates.deprecation);
    expect(headers).not.toHaveProperty('sunset');
  });

  test.each<[Partial<Record<keyof DeprecationNotice, string>>, string]>([
    [{ since: '2026-02-30' }, 'there is no day 2026-02-30'],
    [{ sunset: '2026-10-01' }, 'its sunset 2026-10-01 is not 180 days after 2026-11-01'],
    [{ sunset: '2027-01-01' }, 'its sunset 2027-01-01 is not 180 days after 2026-11-01'],
    [{ successor: '/api/v3/projects/{id}' }, 'its successor /api/v3/projects/{id} is no route'],
    [{ successor: '/api/v2/projects/{id}/{part}' }, 'its path lacks {part}'],
  ])('is refused by the generator when it makes no sense: %j', (change, reason) => {
    const { v1, v2 } = defineVersions();
    const specs = (deprecated: object) => [
      { ...v1.spec, deprecated: { ...v1.spec.deprecated, ...deprecated } } as typeof v1.spec,
      v2.spec,
      { ...v2.spec, path: '/api/v2/projects/{id}/{part}' } as const,
    ];
    expect(() => assertDeprecationsSound(specs(notice))).not.toThrow();
    expect(() => assertDeprecationsSound(specs(change))).toThrow(reason);
  });
});

describe('who calls a deprecated route', () => {
  const later = async <T>(work: () => Promise<T>) => {
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
    return work().finally(() => clock.mockRestore());
  };

  test('succeeds: an operator sees each person, program and stranger with their first call, and all calls a minute later', async () => {
    const { id, v1, v2 } = defineVersions();
    const member = await createOwnProject();
    const { token, params, actor, userId } = member;
    const { organizationId } = actor;
    const key = await createKey(member);
    const list = async (query = {}) =>
      (await call(listDeprecatedCalls, { token, query: { operation: id, ...query } })).body;
    await call(v1, { token, params });
    await call(v1, { headers: key.headers, params });
    await call(v1, { params });
    await call(v2, { token, params });
    await call(v1, { token, params });
    const callers = [
      { userId: null, apiKeyId: null, organizationId: null, count: 1 },
      { userId, apiKeyId: key.id, organizationId, count: 1 },
      { userId, apiKeyId: null, organizationId, count: 1 },
    ];
    expect((await list()).items).toMatchObject(callers.map((caller) => ({ operation: id, ...caller })));
    await later(() => call(v1, { token, params }));
    const { items, nextCursor } = await list({ limit: '1' });
    expect(items).toMatchObject([{ userId, apiKeyId: null, count: 3 }]);
    expect(items[0].lastSeenAt > items[0].firstSeenAt).toBe(true);
    expect((await list({ cursor: nextCursor })).items).toMatchObject(callers.slice(0, 2));
  });

  test('is forgotten 90 days after the last call', async () => {
    const { id, v1 } = defineVersions();
    const { token, params } = await createOwnProject();
    await call(v1, { token, params });
    await call(v1, { params });
    await sql`update deprecated_calls set last_seen_at = now() - interval '91 days' where operation = ${id} and user_id is null`;
    await expireMeasurements({ ...contextOf({} as never), actor: { type: 'system', jobId: 'test' } });
    const left = await sql`select user_id from deprecated_calls where operation = ${id}`;
    expect(left).toHaveLength(1);
  });

  test('is told later when the database does not take it, and the answer does not wait for it', async () => {
    const { id, v1 } = defineVersions();
    const { token, params } = await createOwnProject();
    await sql.begin(async (tx) => {
      await tx`lock table deprecated_calls in share mode`;
      expect((await call(v1, { token, params })).status).toBe(200);
      // Else the write gets the lock, and is recorded after all.
      await vi.waitFor(
        async () => {
          const waiting = await tx`
            select from pg_locks where relation = 'deprecated_calls'::regclass and not granted
              and database = (select oid from pg_database where datname = current_database())`;
          expect(waiting).toHaveLength(0);
        },
        { timeout: 10_000 },
      );
    });
    await later(() => call(v1, { token, params }));
    const [row] = await sql`select count::int from deprecated_calls where operation = ${id}`;
    expect(row?.count).toBe(2);
  });
});
