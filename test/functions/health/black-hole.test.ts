import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handler as getHealth } from '#functions/health/get-health.ts';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { closePool } from '#lib/db/client.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';

// Accepts connections and never says a word: the worst kind of broken.
let blackHole: Server;

beforeAll(async () => {
  blackHole = createServer().listen(0, '127.0.0.1');
  await once(blackHole, 'listening');
  const { port } = blackHole.address() as { port: number };
  process.env.DATABASE_URL = `postgres://x:x@127.0.0.1:${port}/x`;
  process.env.UPSTASH_REDIS_REST_URL = `http://127.0.0.1:${port}`;
  process.env.REDIS_TIMEOUT_MS = '150';
  process.env.DATABASE_TIMEOUT_MS = '700';
});

afterAll(async () => {
  await closePool(0);
  blackHole.close();
});

test('health answers when nothing else does', async () => {
  const { status, body, headers } = await call(getHealth);
  expect([status, body, headers['content-type']]).toEqual([
    200,
    { status: 'pass' },
    'application/health+json',
  ]);
});

test('a new instance refuses requests with 503 while the database hangs', async () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${encode({ alg: 'EdDSA', typ: 'at+jwt', kid: 'any' })}.${encode({})}.${encode({})}`;
  const [read, write] = await Promise.all([
    call(listProjects, { token }),
    call(createProject, { token, body: { name: 'Lost' } }),
  ]);
  for (const { status, body } of [read, write]) expect([status, body.code]).toEqual([503, 'unavailable']);
  expect(takeErrorLogs()).toHaveLength(2);
});
