import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { Continuation } from '#lib/jobs/job-spec.ts';
import { logger } from '#lib/observability/logger.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createSimulatedDatabase } from '#test/support/simulated-clock.ts';
import { base, pages, received } from '#test/support/upstream-server.ts';

const { url, setClock, close } = await createSimulatedDatabase('plinth_notifications_concurrency');
Object.assign(process.env, { DATABASE_URL: url, DATABASE_POOL_MAX: '8' });
const { sql, createMember } = await import('#test/support/tenant.ts');
const { createRule } = await import('#test/support/scenario.ts');
const { handler: deliverNotification } = await import('#functions/jobs/deliver-notification.ts');
const { handler: raiseNotificationsJob } = await import('#functions/jobs/raise-notifications.ts');
const { handler: tellRemainingRules } = await import('#functions/jobs/tell-remaining-rules.ts');
const { dispatchRuns } = await import('#lib/jobs/dispatch-runs.ts');
const { runJob } = await import('#test/support/run-job.ts');
const { toStorable } = await import('#lib/jobs/ledger/storable.ts');
const { ofTransition } = await import('#lib/notifications/occurrences.ts');
const { raiseNotifications } = await import('#lib/notifications/raise-notifications.ts');
const { redeliverNotification } = await import('#lib/notifications/redeliver-notification.ts');
const { testNotificationRule } = await import('#lib/notifications/test-notification-rule.ts');
afterAll(close);

const noon = Date.parse('2026-11-21T12:00:00Z');
const minute = 60_000;
let clock = noon;
beforeEach(async () => {
  await sql`truncate notification_rules, notifications, job_runs, health_transitions cascade`;
  received.length = 0;
  await at(noon);
});
async function at(time: number) {
  clock = time;
  await setClock(time);
}
const context = () => ({
  actor: { type: 'system', jobId: 'raiseNotifications' } as const,
  requestId: 'test',
  now: new Date(clock),
  signal: new AbortController().signal,
});
const raise = () => raiseNotifications(context());
const dispatch = () => dispatchRuns(context(), [deliverNotification]);
const tellRest = () => dispatchRuns(context(), [tellRemainingRules]);

/** So many rules of one organization. */
async function createRules(count: number) {
  const { ctx } = await createMember();
  const { id } = await createRule({ ...ctx, now: new Date(clock) }, { dedupeMinutes: 0 });
  await sql`
    insert into notification_rules (id, organization_id, scope, name, events, channel, target, dedupe_minutes, sealed_secret)
    select gen_random_uuid(), organization_id, scope, name, events, channel, target, dedupe_minutes, sealed_secret
    from notification_rules, generate_series(2, ${count}) where id = ${id}`;
}
/** Gives the last of so many rules a window that begins before there is anything that PostgreSQL can read. */
const breakRule = (last: number) => sql`
  update notification_rules set dedupe_minutes = ${2 ** 31 - 1}
  where id = (select id from notification_rules order by id offset ${last - 1} limit 1)`;
/** Fifty checks, and organizations hear of one: a transaction that may tell 500 times takes ten rules. */
const goes = (status: string) => sql`
  insert into health_transitions (check_name, from_status, to_status, at)
  select case check_number when 1 then 'overall' else 'check' || check_number end, 'pass', ${status}, now()
  from generate_series(1, 50) as check_number`;
/** Of each state how many notifications there are, and for how many rules. */
async function told() {
  const rows = await sql`
    select subject_state, count(*)::int as notifications, count(distinct rule_id)::int as rules
    from notifications group by subject_state order by subject_state`;
  return rows.map((row) => Object.values(row));
}

test('of fifty checks that have much to say the rest of the rules can hear as well', () => {
  const output = '\u0001'.repeat(5_000);
  const occurrences = Array.from({ length: 50 }, (_, id) =>
    ofTransition({
      id,
      check: `check${id}`,
      from: 'pass',
      to: 'fail',
      output,
      at: new Date(clock).toISOString(),
    }),
  );
  expect(() => toStorable({ occurrences, afterRuleId: randomUUID() })).not.toThrow();
});

test('rules that are too many for one transaction are told part by part, each once, and of what comes later only then', async () => {
  await createRules(21);
  await goes('fail');
  expect(await raise()).toMatchObject({ occurrences: 50, raised: 10 });
  await goes('pass');
  expect(await raise(), 'the rest has not heard of the first').toMatchObject({ occurrences: 0, raised: 0 });
  expect(await told()).toEqual([['fail', 10, 10]]);
  await tellRest();
  expect(await told()).toEqual([['fail', 21, 21]]);
  await at(noon + minute);
  expect(await raise()).toMatchObject({ occurrences: 50, raised: 10 });
  await tellRest();
  expect(await told()).toEqual([
    ['fail', 21, 21],
    ['pass', 21, 21],
  ]);
  expect(await raise()).toMatchObject({ occurrences: 0 });
});

test('a run of noon that is carried out at night heeds the quiet hours', async () => {
  await createRules(1);
  await sql`update notification_rules set quiet_hours = '{"from":"22:00","to":"07:00","timezone":"UTC"}'`;
  await at(noon + 11 * 60 * minute);
  await goes('warn');
  await runJob(raiseNotificationsJob, new Date(noon));
  const [row] = await sql`select next_attempt_at from notifications`;
  expect(row).toEqual({ next_attempt_at: new Date('2026-11-22T07:00:00Z') });
});

test('a run that fails on its way tells nobody twice, and goes on where it was', async () => {
  await createRules(21);
  await breakRule(21);
  await goes('warn');
  await raise();
  for (let attempt = 1; attempt <= 2; attempt++) {
    await at(noon + attempt * 10 * minute);
    await tellRest();
    expect(await told(), 'the part that failed is told nobody').toEqual([['warn', 20, 20]]);
  }
  await sql`update notification_rules set dedupe_minutes = 0`;
  await at(noon + 30 * minute);
  await tellRest();
  await sql`update job_runs set state = 'retrying' where job_id = 'tellRemainingRules'`;
  await tellRest();
  expect(await told()).toEqual([['warn', 21, 21]]);
});

test('told to stop, it goes on in another invocation from the rule that heard last', async () => {
  const stopped = { ...context(), signal: AbortSignal.abort(), slot: undefined, progress: () => undefined };
  const afterRuleId = randomUUID();
  const payload = { occurrences: [], afterRuleId };
  expect(await tellRemainingRules.run({ ctx: stopped, payload, checkpoint: undefined })).toEqual(
    new Continuation(afterRuleId),
  );
});

test('rules that cannot be told keep nobody from being told of the next, once their run is given up', async () => {
  await createRules(11);
  await breakRule(11);
  await goes('warn');
  await raise();
  for (let attempt = 1; attempt <= 3; attempt++) {
    await at(noon + attempt * 10 * minute);
    await tellRest();
  }
  expect(takeErrorLogs()).toMatchObject([['job failed in its last attempt', { job: 'tellRemainingRules' }]]);
  await goes('pass');
  expect(await raise(), 'and nobody of the dead letter').toEqual({ occurrences: 50, raised: 10, removed: 0 });
});

test.each([
  ['have a time zone that is unknown here', { from: '01:00', to: '02:00', timezone: 'Europe/Atlantis' }],
  ['have no time', { from: 'late', to: '02:00', timezone: 'Europe/Berlin' }],
  ['are something else', []],
])('quiet hours that %s put nothing off, and keep nobody else from being told', async (_, quietHours) => {
  const warn = vi.spyOn(logger, 'warn');
  await createRules(2);
  const [rule] = await sql`
    update notification_rules set quiet_hours = ${sql.json(quietHours)}
    where id = (select id from notification_rules order by id limit 1) returning id`;
  await goes('warn');
  expect(await raise()).toMatchObject({ raised: 2 });
  expect(await sql`select distinct next_attempt_at from notifications`).toEqual([
    { next_attempt_at: new Date(clock) },
  ]);
  const named = { ruleId: rule?.id, error: expect.any(Error) };
  expect(warn).toHaveBeenCalledExactlyOnceWith('quiet hours of a rule cannot be read', named);
  warn.mockRestore();
});

test('of runs that are due for one notification at the same time, one sends it', async () => {
  pages['/slow'] = (_, response) => setTimeout(() => response.writeHead(503).end(), 50);
  const { ctx } = await createMember();
  const rule = await createRule({ ...ctx, now: new Date(noon) }, { target: `${base}/slow` });
  const { id } = await testNotificationRule({ ...ctx, now: new Date(noon) }, rule.id);
  // As after an hour's pause: the run of before waits still when an operator sends the notification anew, which may be done twice.
  await at(noon + 61 * minute);
  await redeliverNotification({ ...ctx, now: new Date(clock) }, id);
  await at(noon + 122 * minute);
  await redeliverNotification({ ...ctx, now: new Date(clock) }, id);
  expect(await dispatch()).toMatchObject({ started: 3, succeeded: 3 });
  expect(received).toHaveLength(1);
  const [row] = await sql`select state, attempts, log from notifications`;
  expect(row).toMatchObject({ state: 'pending', attempts: 1, log: [{ responseStatus: 503 }] });
  const runs = await sql`select payload from job_runs where state = 'scheduled'`;
  expect(runs).toMatchObject([{ payload: { attempt: 1 } }]);
  await sql`update job_runs set state = 'retrying' where checkpoint is not null`;
  await dispatch();
  expect(received, 'the attempt is on record, though its run does not know').toHaveLength(1);
});

test('what was sent and could not be recorded is sent again by its run, under the same id, and counts once', async () => {
  pages['/taken'] = (_, response) => response.writeHead(204).end();
  const { ctx } = await createMember();
  const rule = await createRule({ ...ctx, now: new Date(noon) }, { target: `${base}/taken` });
  const { id } = await testNotificationRule({ ...ctx, now: new Date(noon) }, rule.id);
  await sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create trigger refuse before update on notifications for each row when (old.log <> new.log) execute function refuse()`);
  await dispatch();
  await sql`drop trigger refuse on notifications`;
  expect(await sql`select state, attempts from notifications`).toEqual([{ state: 'pending', attempts: 1 }]);
  await at(noon + 10 * minute);
  await dispatch();
  await sql`update job_runs set state = 'retrying'`;
  await dispatch();
  expect(received.map(({ request }) => request.headers['webhook-id'])).toEqual([id, id]);
  const [row] = await sql`select state, attempts, log from notifications`;
  expect(row).toMatchObject({ state: 'delivered', attempts: 1, log: [{ responseStatus: 204 }] });
});

test('an organization has at most 20 rules, however many are made at once', async () => {
  // From the second round on all connections are open.
  for (let round = 1; round <= 3; round++) {
    const { ctx } = await createMember();
    for (let count = 1; count <= 17; count++) await createRule(ctx);
    const made = await Promise.allSettled(Array.from({ length: 8 }, () => createRule(ctx)));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = made.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code);
    expect(new Set(refused)).toEqual(new Set(['wrong_state']));
  }
});
