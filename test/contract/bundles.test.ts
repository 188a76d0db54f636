import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test, vi } from 'vitest';
import { parameterNameOf, referenceTo } from '#lib/config/secret-references.ts';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import trimBundle from '#lib/generate/trim-bundle.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { type Answer, call } from '#test/support/call.ts';
import { startParameterStore } from '#test/support/parameter-store.ts';
import { createKey, succeeding } from '#test/support/scenario.ts';
import { createMember } from '#test/support/tenant.ts';

// Bundles leave modules out (ADR 0004): what is deployed has to answer what the sources answer.
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'plinth-bundles-'));
const { endpoints } = await loadOperations();
/** What is deployed for an operation: its own module, or the router of its area if that imports it. */
const deployed = ({ area, module, spec }: EndpointOperation) => {
  const router = `functions/${area}/router`;
  const file = join(root, `${router}.ts`);
  return existsSync(file) && readFileSync(file, 'utf8').includes(` as ${spec.id} }`) ? router : module;
};
await build({
  entryPoints: [...new Set(endpoints.map(deployed))].map((module) => join(root, `${module}.ts`)),
  outdir: folder,
  outbase: root,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  format: 'cjs',
  platform: 'node',
  external: ['@aws-lambda-powertools/tracer'],
  define: { 'import.meta.dirname': '__dirname' },
  plugins: trimBundle,
});
// What travels with a bundle.
const assets = [
  'functions/*/*.json',
  'lib/*/*.txt',
  'lib/docs/docs-page.*',
  'node_modules/swagger-ui-dist/{LICENSE,NOTICE,*.js,*.css,*.txt}',
];
for (const asset of globSync(assets, { cwd: root })) cpSync(join(root, asset), join(folder, asset));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const summary = ({ status, body }: Answer) => ({
  status,
  code: body?.code,
  fields: typeof body === 'string' ? [] : Object.keys(body ?? {}).sort(),
});

test.each(endpoints.map((operation) => [operation.spec.id, operation] as const))(
  '%s answers as its source does',
  async (id, operation) => {
    const { handler, spec } = operation;
    const exported = createRequire(import.meta.url)(join(folder, `${deployed(operation)}.cjs`));
    const bundled = Object.assign(exported.handler.bind(undefined), { spec }) as Endpoint;
    const queries: (string | undefined)[] = [undefined];
    if (id === 'listProjects')
      queries.push('count=exact&sort=name', 'count=estimated&q=web&tag=a&createdAfter=2026-01-01T00:00:00Z');
    for (const query of queries) {
      const answers = [];
      for (const candidate of [handler, bundled]) {
        const request = await succeeding(operation, await createMember('owner', 'operator'));
        answers.push(summary(await call(candidate, query === undefined ? request : { ...request, query })));
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[0]?.status).toBe(spec.response.status);
    }
  },
);

test.each(
  endpoints.filter(({ spec }) => spec.isStatic).map((operation) => [operation.spec.id, operation] as const),
)('%s has neither the database nor Redis in its bundle', (_, operation) => {
  const bundle = readFileSync(join(folder, `${deployed(operation)}.cjs`), 'utf8');
  expect(bundle).not.toMatch(/drizzle:|upstash/i);
});

test('a bundle lets an API key in', async () => {
  const { headers } = await createKey(await createMember());
  const module = 'functions/auth/get-current-user';
  const bundled = createRequire(import.meta.url)(join(folder, `${module}.cjs`)).handler as Endpoint;
  expect((await call(bundled, { headers })).status).toBe(200);
});

test('a bundle reads its secrets from SSM', async () => {
  const { token } = await createMember();
  const store = await startParameterStore({});
  for (const key of ['DATABASE_URL', 'UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'AUTH_SECRET']) {
    store.values[parameterNameOf('test', key)] = process.env[key] ?? '';
    vi.stubEnv(key, referenceTo('test', key));
  }
  // As in a new instance.
  cpSync(join(folder, 'functions/auth/get-current-user.cjs'), join(folder, 'functions/auth/anew.cjs'));
  const bundled = createRequire(import.meta.url)(join(folder, 'functions/auth/anew.cjs')).handler as Endpoint;
  expect((await call(bundled, { token })).status).toBe(200);
  expect(store.requests).toBe(1);
  vi.unstubAllEnvs();
});
