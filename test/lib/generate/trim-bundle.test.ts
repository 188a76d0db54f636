import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import trimBundle from '#lib/generate/trim-bundle.ts';
import { gateScript as original } from '#lib/redis/gate-script.ts';
import type { Script } from '#lib/redis/run-script.ts';

async function bundle(contents: string) {
  const result = await build({
    stdin: { contents, resolveDir: join(import.meta.dirname, '../../..') },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    plugins: trimBundle,
  });
  const module = { exports: {} as Record<string, unknown> };
  new Function('module', 'exports', 'require', result.outputFiles[0]?.text ?? '')(
    module,
    module.exports,
    process.getBuiltinModule,
  );
  return module.exports;
}

test('what is left out does not fail until it is used, and then by name', async () => {
  const { schema } = (await bundle(
    "import * as z from 'zod'; export const schema = z.object({ a: z.string() });",
  )) as {
    schema: { parse(value: unknown): unknown; toJSONSchema(): unknown };
  };
  expect(schema.parse({ a: 'b' })).toEqual({ a: 'b' });
  expect(() => schema.toJSONSchema()).toThrow('left out of the bundle: zod/v4/core/to-json-schema.js');
});

test('a Redis command that nothing sends fails by name, the others work', async () => {
  const { redis } = (await bundle(
    "import { Redis } from '@upstash/redis'; export const redis = new Redis({ request: async ({ body }) => ({ result: body }) });",
  )) as { redis: Record<'get' | 'ping', (key?: string) => Promise<unknown>> };
  expect(() => redis.get('key')).toThrow('redis.get is not a function');
  expect(await redis.ping()).toEqual(['ping']);
});

test('every pattern still finds its module', async () => {
  const everything = `
    import * as z from 'zod';
    import postgres from 'postgres';
    import { drizzle } from 'drizzle-orm/postgres-js';
    import { pgTable } from 'drizzle-orm/pg-core';
    export { z, postgres, drizzle, pgTable };`;
  const result = await build({
    stdin: { contents: everything, resolveDir: join(import.meta.dirname, '../../..') },
    bundle: true,
    platform: 'node',
    write: false,
    treeShaking: false,
    plugins: trimBundle,
  });
  const absent = result.outputFiles[0]?.text.matchAll(/left out of the bundle: ([\w./-]+)/g) ?? [];
  expect([...new Set([...absent].map(([, module]) => module))].sort()).toEqual([
    'drizzle-orm/pg-core/columns/all.js',
    'drizzle-orm/pg-core/indexes.js',
    'drizzle-orm/pg-core/primary-keys.js',
    'drizzle-orm/pg-core/query-builders/query.js',
    'drizzle-orm/pg-core/query-builders/refresh-materialized-view.js',
    'drizzle-orm/relations.js',
    'postgres/src/large.js',
    'postgres/src/subscribe.js',
    'zod/v4/core/json-schema-processors.js',
    'zod/v4/core/to-json-schema.js',
  ]);
});

test('scripts lose their indentation, and nothing else', async () => {
  const { gateScript } = (await bundle(
    "import { gateScript } from './lib/redis/gate-script.ts'; export { gateScript };",
  )) as { gateScript: Script };
  expect(gateScript.source).not.toMatch(/^ /m);
  expect(gateScript.source).toBe(original.source.replace(/^ +/gm, ''));
});
