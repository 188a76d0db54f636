import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Check } from '#lib/health/check.ts';
import type { Occurrence } from '#lib/notifications/events.ts';
import { createSimulatedDatabase } from '#test/support/simulated-clock.ts';

const { url, setClock, close } = await createSimulatedDatabase('plinth_notify');
Object.assign(process.env, { DATABASE_URL: url, DATABASE_POOL_MAX: '8' });
const { sql, createMember } = await import('#test/support/tenant.ts');
const { createRule } = await import('#test/support/scenario.ts');
const { withTransaction } = await import('#lib/db/transaction.ts');
const { notify } = await import('#lib/notifications/notify.ts');
const { recordHealth } = await import('#lib/health/record-health.ts');
const { raiseNotifications } = await import('#lib/notifications/raise-notifications.ts');
const { retryJobRun } = await import('#lib/jobs/control/retry-job-run.ts');
const { getRedis } = await import('#lib/redis/client.ts');
const { CircuitBreaker } = await import('#lib/resilience/circuit-breaker.ts');
const { BreakerState } = await import('#lib/resilience/circuit-breaker-state.ts');
const { closeBreakers } = await import('#test/support/close-breakers.ts');
afterAll(close);

const minute = 60_000;
const noon = Date.parse('2026-11-21T12:00:00Z');
let clock = noon;
beforeEach(async () => {
  await sql`truncate notification_rules, notifications, job_runs, health_transitions cascade`;
  await at(noon);
});
async function at(time: number | string) {
  clock = typeof time === 'string' ? Date.parse(time) : time;
  await setClock(clock);
}
const context = () => ({
  actor: { type: 'system', jobId: 'raiseNotifications' } as const,
  requestId: 'test',
  now: new Date(clock),
  signal: new AbortController().signal,
});
const everything = ['job.failed', 'job.dead', 'job.missed', 'breaker.opened', 'health.changed'] as const;
type Rule = Parameters<typeof createRule>[1];
const platformRule = async (input: Rule = {}) => {
  const { ctx } = await createMember('owner', 'operator');
  return createRule(
    { ...ctx, now: new Date(clock) },
    { scope: 'platform', events: [...everything], ...input },
  );
};
const happened = (changed: Partial<Occurrence> = {}): Occurrence => ({
  event: 'job.dead',
  subject: 'expireSessions',
  severity: 'warning',
  summary: 'The job expireSessions failed',
  details: {},
  at: new Date(clock).toISOString(),
  ...changed,
});
const health = (state: string, severity: Occurrence['severity'] = 'warning') =>
  happened({ event: 'health.changed', subject: 'overall', state, severity, summary: state, isPublic: true });
const tell = (...occurrences: Occurrence[]) =>
  withTransaction(context(), (db) => notify({ ...context(), db }, occurrences));
const told = () => sql`select * from notifications order by created_at, id`;
const runs = () => sql`select * from job_runs where job_id = 'deliverNotification' order by created_at, id`;
/** As if everything that is due had been delivered. */
const deliver = () => sql`
  update notifications set state = 'delivered', begun_at = next_attempt_at, attempts = 1 where next_attempt_at <= ${new Date(clock)} and state = 'pending'`;

async function createEnd(jobId: string, state: string): Promise<string> {
  const id = randomUUID();
  await sql`
    insert into job_runs (id, job_id, trigger, state, reason, available_at, max_attempts, is_exclusive, error_class, finished_at)
    values (${id}, ${jobId}, 'enqueue', ${state}, 'test', now(), 3, true, 'TypeError', now())`;
  return id;
}

test('every kind of end, transition and opening becomes a notification, once', async () => {
  await platformRule();
  await closeBreakers();
  await createEnd('expireSessions', 'failed');
  await createEnd('foldProjectCounts', 'dead');
  await createEnd('recordHealth', 'timed_out');
  await createEnd('purgeDeletedProjects', 'missed');
  await createEnd('expireErrorGroups', 'succeeded');
  await sql`insert into health_transitions (check_name, from_status, to_status, output, at) values ('jobs:deadLetters', 'pass', 'fail', '3 runs', now())`;
  const sns = (me: string) =>
    new CircuitBreaker({ minimumCalls: 2, probeMs: 1_000 }, new BreakerState('sns'), me);
  for (const me of ['first', 'second'])
    await sns(me).run(
      async () => undefined,
      () => ({ failedForMs: 0 }),
    );
  const raised = await raiseNotifications(context());
  expect(raised).toEqual({ occurrences: 6, raised: 6, removed: 0 });
  expect((await told()).map(({ event, subject }) => `${event} ${subject}`).sort()).toEqual([
    'breaker.opened sns',
    'health.changed jobs:deadLetters',
    'job.dead foldProjectCounts',
    'job.dead recordHealth',
    'job.failed expireSessions',
    'job.missed purgeDeletedProjects',
  ]);
  expect(await runs()).toHaveLength(6);
  expect(await raiseNotifications(context())).toEqual({ occurrences: 0, raised: 0, removed: 0 });
  await getRedis().del('breaker:sns:openings');
  await closeBreakers();
});

test('a storm of one job is one notification, and the end of another job does not wait behind it', async () => {
  await platformRule();
  await sql`
    insert into job_runs (id, job_id, trigger, state, available_at, max_attempts, is_exclusive, finished_at)
    select gen_random_uuid(), 'deliverMail', 'enqueue', 'dead', now(), 10, false, now() from generate_series(1, 2000)`;
  await at(noon + 1_000);
  await createEnd('expireSessions', 'dead');
  expect(await raiseNotifications(context())).toMatchObject({ occurrences: 2_001, raised: 2 });
  expect(await told()).toMatchObject([
    { subject: 'deliverMail', count: 2_000 },
    { subject: 'expireSessions', count: 1 },
  ]);
});

test('what is raised while nothing can be told is told later; a run that fails again is told again', async () => {
  const { dedupeMinutes } = await platformRule({ dedupeMinutes: 0 });
  expect(dedupeMinutes).toBe(0);
  const id = await createEnd('expireSessions', 'dead');
  await expect(
    withTransaction(context(), async (db) => {
      await raiseNotifications({ ...context(), db });
      throw new Error('the instance dies');
    }),
  ).rejects.toThrow('dies');
  expect(await told()).toHaveLength(0);
  expect(await raiseNotifications(context())).toMatchObject({ raised: 1 });
  const operator = await createMember('owner', 'operator');
  await retryJobRun(operator.ctx, id);
  await sql`update job_runs set state = 'dead', finished_at = now() where id = ${id}`;
  expect(await raiseNotifications(context())).toMatchObject({ raised: 1 });
});

test('the job that notifies is not notified of, nor is what is older than a day or than the rule', async () => {
  const old = await createEnd('expireSessions', 'dead');
  await sql`update job_runs set finished_at = now() - interval '1 minute' where id = ${old}`;
  await platformRule();
  await createEnd('deliverNotification', 'dead');
  await sql`insert into health_transitions (check_name, from_status, to_status, at) values ('overall', 'pass', 'fail', now() - interval '25 hours')`;
  expect(await raiseNotifications(context())).toMatchObject({ raised: 0 });
  expect(await told()).toHaveLength(0);
});

test('an organization hears how the service is, and nothing of the inside', async () => {
  const { ctx } = await createMember();
  await createRule({ ...ctx, now: new Date(clock) });
  await sql`
    insert into health_transitions (check_name, from_status, to_status, output, at)
    values ('database:responseTime', 'pass', 'fail', 'secret', now()), ('overall', 'pass', 'fail', null, now())`;
  expect(await raiseNotifications(context())).toMatchObject({ raised: 1 });
  expect(await told()).toMatchObject([
    {
      subject: 'overall',
      severity: 'critical',
      summary: 'The service is not available',
      details: { from: 'pass', to: 'fail' },
    },
  ]);
});

test('an organization hears that nobody could look for an hour, also in its quiet hours and within the window', async () => {
  const hours = (count: number) => count * 60 * minute;
  // Whoever looks goes by the real clock.
  const today = Date.now();
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  await at(today - hours(4));
  const { ctx } = await createMember();
  const quietHours = { from: time(today - hours(2)), to: time(today + hours(2)), timezone: 'UTC' };
  const rules = [{}, { dedupeMinutes: 0 }, { dedupeMinutes: 1440 }, { quietHours }];
  for (const rule of rules) await createRule({ ...ctx, now: new Date(clock) }, rule);
  await tell(health('pass', 'notice'));
  await deliver();
  await at(today);
  const passes: Check = { name: 'test:one', isCritical: true, observe: async () => ({ status: 'pass' }) };
  const look = () => recordHealth(context(), [passes]);
  await look();
  await sql`update health_snapshots set observed_at = observed_at - interval '1 hour', expires_at = expires_at - interval '1 hour'`;
  await look();
  expect(await raiseNotifications(context())).toMatchObject({ occurrences: 4, raised: 5 });
  const pending = (await told()).filter(({ state }) => state === 'pending');
  // All of them now, and who wants to hear everything hears both.
  expect(pending.map(({ next_attempt_at: sendAt }) => sendAt.getTime())).toEqual(Array(5).fill(today));
  expect(pending.map(({ subject, details, count }) => [subject, details, count])).toEqual(
    expect.arrayContaining([
      ['overall', { from: 'fail', to: 'pass' }, 2],
      ['overall', { from: 'pass', to: 'fail' }, 1],
      ['overall', { from: 'fail', to: 'pass' }, 1],
    ]),
  );
});

test('twenty occurrences at the same moment are one notification that counts them', async () => {
  await platformRule();
  // From the second round on all connections are open.
  for (const subject of ['first', 'second', 'third', 'fourth', 'fifth']) {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => tell(happened({ subject }))));
    expect(outcomes.filter((raised) => raised === 1)).toHaveLength(1);
    expect((await told()).at(-1)).toMatchObject({ subject, count: 20 });
  }
  expect(await runs()).toHaveLength(5);
  const storm = Array.from({ length: 1_000 }, () => happened({ subject: 'first' }));
  expect(await tell(...storm)).toBe(0);
  expect(await told()).toMatchObject([{ count: 1_020 }, {}, {}, {}, {}]);
});

test('within the window the same is counted, after it told again; other subjects and rules have their own', async () => {
  await platformRule({ dedupeMinutes: 15 });
  await platformRule({ dedupeMinutes: 0 });
  expect(await tell(happened())).toBe(2);
  await deliver();
  await at(noon + 14 * minute);
  expect(await tell(happened())).toBe(1);
  expect(await tell(happened({ subject: 'recordHealth' }))).toBe(2);
  await deliver();
  await at(noon + 16 * minute);
  expect(await tell(happened())).toBe(2);
});

test('a check that flaps is told at once and at the end of the window, as it is then', async () => {
  await platformRule();
  await tell(health('fail', 'critical'));
  await deliver();
  for (const [after, state] of [
    [1, 'pass'],
    [2, 'fail'],
    [3, 'pass'],
    [4, 'warn'],
  ] as const) {
    await at(noon + after * minute);
    await tell(health(state, state === 'fail' ? 'critical' : 'warning'));
    await deliver();
  }
  expect(await told()).toMatchObject([
    { subject_state: 'fail', state: 'delivered', count: 1 },
    { subject_state: 'warn', state: 'pending', count: 4, next_attempt_at: new Date(noon + 15 * minute) },
  ]);
});

test('what waits for a run that is lost keeps nobody from being told of the next', async () => {
  await platformRule();
  expect(await tell(happened())).toBe(1);
  await sql`update job_runs set state = 'cancelled', reason = 'test', finished_at = now()`;
  await at(noon + 59 * minute);
  expect(await tell(happened())).toBe(0);
  await at(noon + 61 * minute);
  expect(await tell(happened())).toBe(1);
  expect((await runs()).at(-1)).toMatchObject({ state: 'scheduled', available_at: new Date(clock) });
});

test('that the service is not available waits for no window, and is told once in it', async () => {
  await platformRule({ dedupeMinutes: 1440 });
  await tell(health('warn'));
  await deliver();
  await at(noon + minute);
  await tell(health('fail', 'critical'));
  expect((await told()).at(-1)).toMatchObject({ subject_state: 'fail', next_attempt_at: new Date(clock) });
  await deliver();
  await tell(health('warn'));
  await tell(health('fail', 'critical'));
  expect(await told()).toMatchObject([{}, {}, { next_attempt_at: new Date(clock + 1440 * minute) }]);
});

const berlin = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' };

test('quiet hours put off what is not critical to their end, and tell it together', async () => {
  await at('2026-11-21T21:00:00Z');
  await platformRule({ quietHours: berlin });
  await tell(happened());
  await at('2026-11-21T23:00:00Z');
  await tell(happened(), happened());
  const morning = new Date('2026-11-22T06:00:00Z');
  expect(await told()).toMatchObject([{ count: 3, next_attempt_at: morning }]);
  expect(await runs()).toMatchObject([{ available_at: morning }]);
  await tell(health('warn'));
  await at('2026-11-22T00:00:00Z');
  await tell(health('fail', 'critical'));
  const [, critical] = await told();
  expect(critical).toMatchObject({
    severity: 'critical',
    summary: 'fail',
    count: 2,
    next_attempt_at: new Date(clock),
  });
  expect((await runs()).at(-1)).toMatchObject({ available_at: new Date(clock) });
});

test('what was told 90 days ago is removed', async () => {
  await platformRule();
  await tell(happened());
  await at(noon + 89 * 24 * 60 * minute);
  expect(await raiseNotifications(context())).toMatchObject({ removed: 0 });
  await at(noon + 91 * 24 * 60 * minute);
  expect(await raiseNotifications(context())).toMatchObject({ removed: 1 });
});
