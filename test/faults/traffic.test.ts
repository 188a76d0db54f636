import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { handler as updateProject } from '#functions/projects/update-project.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { type Answer, call } from '#test/support/call.ts';
import type { CallOptions } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { restartPostgres, restartRedis, setFaults, useProxies } from '#test/support/fault-stack.ts';
import { createMember, sql } from '#test/support/tenant.ts';

useProxies();

const clients = 6;

const faults: Record<string, () => Promise<void>> = {
  'PostgreSQL hangs': () => setFaults({ database: 'hang' }),
  'PostgreSQL cuts its connections': () => setFaults({ database: 'reset' }),
  'PostgreSQL closes its connections': () => setFaults({ database: 'close' }),
  'PostgreSQL is down': () => setFaults({ database: 'refuse' }),
  'Redis hangs': () => setFaults({ redis: 'hang' }),
  'Redis is down': () => setFaults({ redis: 'refuse' }),
  'both hang': () => setFaults({ database: 'hang', redis: 'hang' }),
};

/** What one client knows of its own projects; whatever an answer contradicts is a wrong result. */
interface Client {
  readonly send: (endpoint: Endpoint, options: CallOptions) => Promise<Answer | undefined>;
  readonly organizationId: string;
  readonly names: Map<string, string>;
  answered: number;
  succeeded: number;
  readonly wrong: string[];
}

async function createClient(): Promise<Client> {
  const { token, actor } = await createMember();
  const client: Client = {
    organizationId: actor.organizationId,
    names: new Map(),
    answered: 0,
    succeeded: 0,
    wrong: [],
    async send(endpoint, options) {
      const answer = await call(endpoint, { token, sourceIp: '10.0.0.1', ...options });
      client.answered++;
      // Nothing is said about the outcome; the rate limit counts alone without Redis.
      if ([429, 503, 504].includes(answer.status)) return undefined;
      client.succeeded++;
      return answer;
    },
  };
  return client;
}

/** One project: created once however often it takes, read back, listed, renamed. */
async function work(client: Client, isOver: () => boolean): Promise<void> {
  const name = randomUUID();
  const key = { 'idempotency-key': name };
  let created: Answer | undefined;
  while (!created) created = await client.send(createProject, { body: { name }, headers: key });
  expectStatus(client, created, 201);
  const { id } = created.body;
  client.names.set(id, name);
  const read = await client.send(getProject, { params: { id } });
  if (read) expectStatus(client, read, 200, name);
  const list = await client.send(listProjects, { query: { limit: '100' } });
  if (list) {
    const ids = new Set(list.body.items.map((item: { id: string }) => item.id));
    const newest = [...client.names.keys()].slice(-100);
    if (!newest.every((known) => ids.has(known)))
      client.wrong.push(`the list misses one of ${newest.length}`);
  }
  if (isOver()) return;
  const renamed = `${name} renamed`;
  let isKnown = false;
  while (!isKnown) {
    const patched = await client.send(updateProject, { params: { id }, body: { name: renamed } });
    isKnown = patched !== undefined;
    if (patched) expectStatus(client, patched, 200, renamed);
  }
  client.names.set(id, renamed);
}

function expectStatus(client: Client, { status, body }: Answer, expected: number, name?: string): void {
  if (status !== expected || (name !== undefined && body.name !== name))
    client.wrong.push(`${status} ${body.code ?? body.name} instead of ${expected} ${name ?? ''}`);
}

test('under traffic PostgreSQL and Redis fail and restart in turn: no wrong answer, no lost or doubled write', {
  timeout: 180_000,
}, async () => {
  const traffic: Client[] = [];
  // The first calls of a process may be slower than the budget of Redis.
  while (traffic.length < clients) traffic.push(await vi.waitFor(createClient, 10_000));
  let isOver = false;
  const done = traffic.map(async (client) => {
    while (!isOver) await work(client, () => isOver);
  });
  /** Until every client has got two more of them. */
  const progress = async (what: 'answered' | 'succeeded') => {
    const before = traffic.map((client) => client[what]);
    while (traffic.some((client, index) => client[what] < Number(before[index]) + 2))
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  for (const fail of Object.values(faults)) {
    await progress('succeeded');
    await fail();
    await progress('answered');
    await setFaults({});
  }
  for (const restart of [restartPostgres, restartRedis]) {
    await progress('succeeded');
    await restart();
  }
  await progress('succeeded');
  isOver = true;
  await Promise.all(done);

  expect(traffic.flatMap(({ wrong }) => wrong)).toEqual([]);
  for (const { organizationId, names } of traffic) {
    const rows =
      await sql`select id, name from projects where organization_id = ${organizationId} order by id`;
    expect(Object.fromEntries(rows.map(({ id, name }) => [id, name]))).toEqual(Object.fromEntries(names));
  }
  takeErrorLogs();
});
