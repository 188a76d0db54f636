import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { toAppError } from '#lib/errors/to-app-error.ts';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { call } from '#test/support/call.ts';
import type { CallOptions } from '#test/support/event.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { setFaults, useProxies } from '#test/support/fault-stack.ts';
import { createKey, logIn, succeeding } from '#test/support/scenario.ts';
import type { Fault } from '#test/support/tcp-proxy.ts';
import { createMember, type Member } from '#test/support/tenant.ts';

useProxies();
const { endpoints } = await loadOperations();

const faults: Record<string, { database?: Fault; redis?: Fault }> = {
  'PostgreSQL is down': { database: 'refuse' },
  'PostgreSQL cuts its connections': { database: 'reset' },
  'PostgreSQL closes its connections': { database: 'close' },
  'PostgreSQL hangs': { database: 'hang' },
  'Redis is down': { redis: 'refuse' },
  'Redis cuts its connections': { redis: 'reset' },
  'Redis hangs': { redis: 'hang' },
  'both hang': { database: 'hang', redis: 'hang' },
};

/** Whatever fails, no answer takes longer. */
const limitMs = 1_000;
// Few enough that the machine, not the product, does not decide about the time.
const atOnce = 4;

interface Request {
  readonly routeClass: string;
  readonly operation: EndpointOperation;
  readonly options: CallOptions;
}

/** Routes whose answers are alike whatever fails. */
function classOf({ spec }: EndpointOperation): string {
  if (spec.isStatic) return 'static: health, docs, unknown routes';
  if (spec.response.alternative) return 'health reports';
  if (spec.rateLimit === 'instance') return 'public keys';
  if (spec.path.includes('/breakers')) return 'circuit breakers, which are kept in Redis';
  if (spec.access === 'public') return 'log-in and accounts';
  if (rateLimits[spec.rateLimit].whenAway === 'strict')
    return 'what has a strict limit: second factor, invitations';
  if (sessionChanges.has(spec.id)) return 'ends or changes a session';
  return spec.method === 'GET' ? 'read, access token' : 'write, access token';
}

/** They tell the whole fleet before they commit (ADR 0013). */
const sessionChanges = new Set([
  'changePassword',
  'logout',
  'removeMember',
  'revokeSession',
  'revokeSessions',
  'updateMember',
  'switchOrganization',
]);

/** One request of every route that succeeds while nothing fails, and some with other credentials. */
async function prepareAll(): Promise<Request[]> {
  const requests = await inParallel(endpoints, async (operation) => ({
    routeClass: classOf(operation),
    operation,
    options: await patiently(async () => succeeding(operation, await createMember('owner', 'operator'))),
  }));
  const others = endpoints.filter(({ spec }) => ['listProjects', 'createProject'].includes(spec.id));
  for (const operation of others) {
    const kind = operation.spec.method === 'GET' ? 'read' : 'write';
    const { member, options } = await patiently(async () => {
      const created = await createMember();
      return { member: created, options: await succeeding(operation, created) };
    });
    requests.push(
      {
        routeClass: `${kind}, API key`,
        operation,
        options: { ...options, ...(await patiently(() => withKey(member))) },
      },
      {
        routeClass: `${kind}, cookie`,
        operation,
        options: { ...options, ...(await patiently(() => withCookie(member))) },
      },
    );
  }
  return requests;
}

async function withKey(member: Member): Promise<CallOptions> {
  return { token: undefined, headers: (await createKey(member)).headers };
}

async function withCookie(member: Member): Promise<CallOptions> {
  const { accessToken, csrfToken } = await logIn(member);
  return {
    token: undefined,
    cookies: [`auth_token=${accessToken}`, `csrf_token=${csrfToken}`],
    headers: { 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrfToken },
  };
}

/** Preparations have the time limits of the product, which a machine that is busy with other tests does not always keep. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work();
    } catch (error) {
      if (attempt === 5 || toAppError(error).code !== 'unavailable') throw error;
    }
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

async function answer({ operation, options }: Request) {
  const before = performance.now();
  const { status, headers, body } = await call(operation.handler, options);
  return { status, headers, code: body?.code as string | undefined, durationMs: performance.now() - before };
}

// While nothing answers, 850 ms of the second are the product's own time limits: timers that are late by a third of the rest matter.
const busyMs = 50;
const controlMs = 50;
const maxLooks = 4;

/**
 * An answer that took too long is looked at again: once, and as long as timers were late meanwhile as well, for then the machine, busy with
 * other tests, has added to the product's own time. What is always too slow is so in the end, too.
 */
async function answerInTime(request: Request) {
  for (let look = 1; ; look++) {
    const stopControl = startControl();
    const answered = await answer(request);
    const lateMs = stopControl();
    const isRepeatable = request.operation.spec.method === 'GET' || !isUsual(request, answered.status);
    const isWorthAnotherLook = look === 1 || (lateMs > busyMs && look < maxLooks);
    if (answered.durationMs <= limitMs || !isRepeatable || !isWorthAnotherLook) return answered;
  }
}

/** By how much the timers of this process are late until it is stopped, in all. */
function startControl(): () => number {
  let lateMs = 0;
  let dueAt = performance.now() + controlMs;
  const timer = setInterval(() => {
    const now = performance.now();
    lateMs += Math.max(0, now - dueAt);
    dueAt = now + controlMs;
  }, controlMs);
  return () => {
    clearInterval(timer);
    return lateMs + Math.max(0, performance.now() - dueAt);
  };
}

const isUsual = ({ operation }: Request, status: number) => status === operation.spec.response.status;

// Without Redis the gate asks PostgreSQL for the session. On a busy machine Redis is late sometimes, and left alone for a second then:
// routes that need no more than the gate are looked at again, so that the table is that of the product.
const redisPauseMs = 1_100;
const asksGateOnly = ({ operation: { spec } }: Request) =>
  spec.statements === 0 || spec.response.alternative !== undefined;

const table = new Map<string, Map<string, Set<string>>>();

test.each(Object.entries(faults))(
  'while %s, every route answers within a second as it declares, and recovers by itself',
  { timeout: 120_000 },
  async (name, fault) => {
    await setFaults({});
    const requests = await prepareAll();
    await setFaults(fault);
    const slow: string[] = [];
    const failed: Request[] = [];
    await inParallel(requests, async (request) => {
      let { status, headers, code, durationMs } = await answerInTime(request);
      for (
        let look = 1;
        look < 5 && !fault.redis && code === 'unavailable' && asksGateOnly(request);
        look++
      ) {
        await sleep(redisPauseMs);
        ({ status, headers, code, durationMs } = await answerInTime(request));
      }
      if (durationMs > limitMs) slow.push(`${request.operation.spec.id} ${Math.round(durationMs)} ms`);
      if (isUsual(request, status)) return note(request.routeClass, name, 'as usual');
      failed.push(request);
      expect([503, 504], `${request.operation.spec.id} answers ${status} ${code}`).toContain(status);
      expect(headers['retry-after'], request.operation.spec.id).toBeDefined();
      note(request.routeClass, name, `${status}${code ? ` ${code}` : ''}`);
    });
    expect(slow).toEqual([]);
    await setFaults({});
    // What failed has changed nothing, so that the same request succeeds now.
    const stuck = await inParallel(failed, async (request) => {
      const { status, code } = await recovered(request);
      return isUsual(request, status) ? [] : [`${request.operation.spec.id}: ${status} ${code}`];
    });
    expect(stuck.flat()).toEqual([]);
    takeErrorLogs();
  },
);

/** The answer after the fault, once what an instance remembers of it has passed: within five seconds, on the first go or after a pause. */
async function recovered(request: Request) {
  const giveUpAt = performance.now() + 5_000;
  for (;;) {
    const { status, code } = await answer(request);
    if (isUsual(request, status) || performance.now() > giveUpAt) return { status, code };
    await sleep(100);
  }
}

function note(routeClass: string, fault: string, outcome: string): void {
  const row = table.get(routeClass) ?? new Map<string, Set<string>>();
  row.set(fault, (row.get(fault) ?? new Set()).add(outcome));
  table.set(routeClass, row);
}

test('docs/faults.md shows these answers (npm run test:faults -- -u writes it)', async () => {
  const names = Object.keys(faults);
  const rows = [...table].sort().map(([routeClass, row]) => {
    const cells = names.map((name) => [...(row.get(name) ?? [])].sort().join(', '));
    return `| ${routeClass} | ${cells.join(' | ')} |`;
  });
  // A test that failed has left cells empty: that must not be written down as an answer.
  expect([...table.values()].filter((row) => row.size < names.length)).toEqual([]);
  const lines = [
    '# What each route answers while something fails',
    '',
    'Written by `npm run test:faults -- -u` from what was answered: every route, each fault, within a second, and as usual again',
    'afterwards without a restart. Error codes are those of the catalogue; each comes with `Retry-After`.',
    '',
    `| routes | ${names.join(' | ')} |`,
    `| --- |${' --- |'.repeat(names.length)}`,
    ...rows,
    '',
  ];
  // What some of its routes answered may differ with how busy the machine is, as long as the table says it of the class.
  const written = readTable();
  const isTrue = [...table].every(([routeClass, row]) =>
    names.every((name, index) => {
      const cell = written.get(routeClass)?.[index]?.split(', ') ?? [];
      return [...(row.get(name) ?? [])].some((outcome) => cell.includes(outcome));
    }),
  );
  if (!isTrue || written.size !== table.size + 1)
    await expect(lines.join('\n')).toMatchFileSnapshot('../../docs/faults.md');
});

/** The cells of docs/faults.md by the first of their row, its head included. */
function readTable(): Map<string, string[]> {
  const file = readFileSync(join(import.meta.dirname, '../../docs/faults.md'), 'utf8');
  const rows = file.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const cells = rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(cells.map(([first = '', ...rest]) => [first, rest]));
}
