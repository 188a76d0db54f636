import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { loadOperations } from '#lib/generate/load-operations.ts';
import trimBundle from '#lib/generate/trim-bundle.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { type Answer, call } from '#test/support/call.ts';
import { createMember } from '#test/support/tenant.ts';

// Bundles leave modules out (ADR 0004): what is deployed has to answer what the sources answer.
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'plinth-bundles-'));
const { endpoints } = await loadOperations();
await build({
  entryPoints: endpoints.map(({ module }) => join(root, `${module}.ts`)),
  outdir: folder,
  outbase: root,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  format: 'cjs',
  platform: 'node',
  external: ['@aws-lambda-powertools/tracer'],
  define: { 'import.meta.dirname': JSON.stringify(join(root, 'functions/docs')) },
  plugins: trimBundle,
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const summary = ({ status, body }: Answer) => ({
  status,
  code: body?.code,
  fields: Object.keys(body ?? {}).sort(),
});

test.each(endpoints.map((operation) => [operation.spec.id, operation] as const))(
  '%s answers as its source does',
  async (id, { module, handler, spec }) => {
    const bundled = createRequire(import.meta.url)(join(folder, `${module}.cjs`)).handler as Endpoint;
    const event = JSON.parse(
      readFileSync(join(root, `${module.replace('functions/', 'events/')}.json`), 'utf8'),
    );
    const queries: string[] = [event.rawQueryString];
    if (id === 'listProjects')
      queries.push('count=exact&sort=name', 'count=estimated&q=web&tag=a&createdAfter=2026-01-01T00:00:00Z');
    for (const query of queries) {
      const { token } = await createMember();
      const request = {
        query,
        token: spec.access === 'public' ? undefined : token,
        params: event.pathParameters,
        headers: event.headers,
        body: event.body,
      };
      const [ofSource, ofBundle] = [await call(handler, request), await call(bundled, request)];
      expect(summary(ofBundle)).toEqual(summary(ofSource));
    }
  },
);
