import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { NewNotificationRule } from '#lib/notifications/schemas.ts';
import { createSimulatedDatabase } from '#test/support/simulated-clock.ts';
import { base, other, pages, received, secure } from '#test/support/upstream-server.ts';

const { url, setClock, close } = await createSimulatedDatabase('plinth_deliver_notification');
Object.assign(process.env, {
  DATABASE_URL: url,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_ENDPOINT_URL_SNS: base,
  AWS_ENDPOINT_URL_SESV2: base,
});
const { sql, createMember } = await import('#test/support/tenant.ts');
const { createRule } = await import('#test/support/scenario.ts');
const { handler: job } = await import('#functions/jobs/deliver-notification.ts');
const { getConfig } = await import('#lib/config/get-config.ts');
const { dispatchRuns } = await import('#lib/jobs/dispatch-runs.ts');
const { redeliverNotification } = await import('#lib/notifications/redeliver-notification.ts');
const { rotateNotificationSecret } = await import('#lib/notifications/rotate-notification-secret.ts');
const { testNotificationRule } = await import('#lib/notifications/test-notification-rule.ts');
const { deliverNotification } = await import('#lib/notifications/deliver-notification.ts');
afterAll(close);

const noon = Date.parse('2026-11-21T12:00:00Z');
let answers: number[] = [];
const answerInTurn: (typeof pages)[string] = (_, response) =>
  response.writeHead(answers.shift() ?? 204).end();
pages['/hook'] = answerInTurn;
pages['/'] = answerInTurn;
pages['/v2/email/outbound-emails'] = answerInTurn;
const config = { ...getConfig() };
beforeEach(async () => {
  [received.length, answers] = [0, []];
  await sql`truncate notification_rules, notifications, job_runs cascade`;
  await setClock(noon);
});
afterEach(() => Object.assign(getConfig(), config));

const systemContext = () => ({
  actor: { type: 'system', jobId: 'deliverNotification' } as const,
  requestId: 'test',
  now: new Date(noon),
  signal: new AbortController().signal,
});
/** Carries out the attempts that are due. */
const dispatch = () => dispatchRuns(systemContext(), [job]);
/** Lets the time pass until the next attempt, and carries it out. */
async function dispatchNext() {
  const [run] = await sql`select available_at from job_runs where state = 'scheduled'`;
  await setClock(run?.available_at.getTime());
  await dispatch();
}
type Input = Parameters<typeof createRule>[1];
async function setUp(input: Input = {}) {
  const { ctx, email } = await createMember('owner', 'operator');
  const now = { ...ctx, now: new Date(noon) };
  const rule = await createRule(now, { target: `${base}/hook`, ...input });
  const { id } = await testNotificationRule(now, rule.id);
  return { ctx: now, email, rule, id };
}
async function stored(id: string) {
  const [row] = await sql`select state, attempts, next_attempt_at, log from notifications where id = ${id}`;
  return row;
}

/** As the specification has receivers do it; the secret of the rule is one of several that may have signed. */
function isSigned(
  { request, body }: (typeof received)[number],
  { secret }: Pick<NewNotificationRule, 'secret'>,
) {
  const {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures,
  } = request.headers;
  const key = Buffer.from(String(secret).replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return String(signatures).split(' ').includes(`v1,${expected}`);
}

test('a webhook is one signed POST, and its answer is in the log', async () => {
  const { rule, id } = await setUp();
  await dispatch();
  const [delivery] = received as [(typeof received)[number]];
  expect(received).toHaveLength(1);
  expect(delivery.request.method).toBe('POST');
  expect(delivery.request.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(noon / 1000),
  });
  expect(isSigned(delivery, rule)).toBe(true);
  expect(isSigned({ ...delivery, body: `${delivery.body} ` }, rule)).toBe(false);
  expect(JSON.parse(delivery.body)).toEqual({
    type: 'test',
    timestamp: '2026-11-21T12:00:00Z',
    data: {
      subject: 'Test',
      severity: 'notice',
      summary: 'A test of this rule',
      details: {},
      count: 1,
      lastOccurredAt: '2026-11-21T12:00:00Z',
    },
  });
  expect(await stored(id)).toMatchObject({
    state: 'delivered',
    attempts: 1,
    next_attempt_at: null,
    log: [{ at: '2026-11-21T12:00:00.000Z', responseStatus: 204, error: null }],
  });
});

test('what a receiver does not take comes again under the same id, signed anew', async () => {
  const { rule, id } = await setUp();
  answers = [503, 302, 400];
  await dispatch();
  const pending = await stored(id);
  expect(pending).toMatchObject({ state: 'pending', attempts: 1, log: [{ responseStatus: 503 }] });
  const waitMs = pending?.next_attempt_at.getTime() - noon;
  expect(waitMs).toBeGreaterThanOrEqual(0);
  expect(waitMs).toBeLessThanOrEqual(60_000);
  await dispatchNext();
  await dispatchNext();
  await dispatchNext();
  expect(await stored(id)).toMatchObject({ state: 'delivered', attempts: 4 });
  expect(new Set(received.map(({ request }) => request.headers['webhook-id']))).toEqual(new Set([id]));
  expect(received.every((delivery) => isSigned(delivery, rule))).toBe(true);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
});

test('after ten attempts it is given up, in the log of its owner and not among the dead letters; then redelivered', async () => {
  const { ctx, id } = await setUp({ target: `${other}/status/404` });
  await dispatch();
  for (let attempt = 2; attempt <= 10; attempt++) await dispatchNext();
  expect(received).toHaveLength(10);
  expect(await stored(id)).toMatchObject({ state: 'failed', attempts: 10, next_attempt_at: null });
  expect(await sql`select distinct state from job_runs`).toEqual([{ state: 'succeeded' }]);
  expect(await redeliverNotification(ctx, id)).toMatchObject({ state: 'pending', attempts: 0 });
  await expect(redeliverNotification(ctx, id)).rejects.toMatchObject({ code: 'wrong_state' });
  await dispatch();
  for (let attempt = 2; attempt <= 11; attempt++) {
    await sql`update notifications set attempts = 0 where id = ${id}`;
    await sql`update job_runs set payload = jsonb_set(payload, '{attempt}', '0') where state = 'scheduled'`;
    await dispatchNext();
  }
  const row = await stored(id);
  expect(row?.log, 'the last twenty').toHaveLength(20);
});

test('a run that comes twice sends nothing once its attempt is on record', async () => {
  const { ctx, id } = await setUp();
  await dispatch();
  const payload = { organizationId: ctx.actor.organizationId, notificationId: id, attempt: 0 };
  expect(await deliverNotification(systemContext(), payload)).toEqual({ outcome: 'nothing to do' });
  const stranger = { ...payload, organizationId: id };
  expect(await deliverNotification(systemContext(), stranger)).toEqual({ outcome: 'nothing to do' });
  expect(received).toHaveLength(1);
  const { ctx: another, id: pending } = await setUp();
  answers = [503];
  await dispatch();
  const stale = { ...payload, organizationId: another.actor.organizationId, notificationId: pending };
  expect(await deliverNotification(systemContext(), stale)).toEqual({ outcome: 'nothing to do' });
  expect(received).toHaveLength(2);
});

test('410 ends the rule, on record; what is still to be told by it is not sent', async () => {
  const { ctx, rule, id } = await setUp();
  const { id: second } = await testNotificationRule(ctx, rule.id);
  answers = [410];
  await sql`update job_runs set available_at = now() + interval '1 minute' where payload->>'notificationId' = ${second}`;
  await dispatch();
  expect(await stored(id)).toMatchObject({ state: 'failed', log: [{ responseStatus: 410 }] });
  expect(await sql`select is_enabled from notification_rules`).toEqual([{ is_enabled: false }]);
  const [event] =
    await sql`select action, actor_id from audit_events where entity_id = ${rule.id} order by id desc`;
  expect(event).toEqual({ action: 'notification_rule.disable', actor_id: 'deliverNotification' });
  await dispatchNext();
  expect(await stored(second)).toMatchObject({ state: 'failed', log: [{ error: 'the rule is disabled' }] });
  expect(received).toHaveLength(1);
});

test('for a day after a rotation both secrets sign, then the new one', async () => {
  const { ctx, rule } = await setUp();
  const rotated = await rotateNotificationSecret(ctx, rule.id);
  expect(rotated.secret).not.toBe(rule.secret);
  await dispatch();
  await setClock(noon + 25 * 3_600_000);
  await testNotificationRule(ctx, rule.id);
  await dispatch();
  expect(received.map((delivery) => [isSigned(delivery, rule), isSigned(delivery, rotated)])).toEqual([
    [true, true],
    [false, true],
  ]);
});

test('a secret is stored sealed', async () => {
  const { rule } = await setUp();
  const text = JSON.stringify(await sql`select * from notification_rules`);
  expect(rule.secret).toMatch(/^whsec_[\w+/]{43}=$/);
  expect(text).not.toContain(String(rule.secret).slice(6));
});

test.each([
  ['an address of this host', 'https://127.0.0.1/hook'],
  ['a name that leads to this host, however it is called', 'https://localhost/hook'],
  ['a private address', 'https://10.0.0.1/hook'],
  ['the metadata of AWS', 'https://169.254.169.254/latest/meta-data/'],
  ['an address mapped into IPv6', 'https://[::ffff:169.254.169.254]/'],
  ['a spelling of 127.0.0.1', 'https://2130706433/'],
  ['no https', `${base}/hook`],
])('a deployed stage does not call %s, and does not try again', async (_, target) => {
  const { rule, id } = await setUp();
  await sql`update notification_rules set target = ${target} where id = ${rule.id}`;
  Object.assign(getConfig(), { PLINTH_STAGE: 'prod' });
  await dispatch();
  expect(await stored(id)).toMatchObject({
    state: 'failed',
    attempts: 1,
    log: [{ responseStatus: null, error: 'an address that is not called' }],
  });
  expect(received).toHaveLength(0);
});

test('no redirect is followed, and what cannot be read is no answer', async () => {
  const { id } = await setUp({ target: `${base}/hook?to=${base}/echo` });
  await dispatch();
  expect(await stored(id)).toMatchObject({ log: [{ responseStatus: 302 }] });
  expect(received).toHaveLength(1);
  const cut = await setUp({ target: `${base}/headers` });
  await dispatch();
  expect(await stored(cut.id)).toMatchObject({ state: 'pending', log: [{ error: 'no answer: connection' }] });
});

test.each(['endless', 'stalls'])('the status of a receiver counts, not its body: %s', async (page) => {
  const { id } = await setUp({ target: `${base}/${page}` });
  await dispatch();
  expect(await stored(id)).toMatchObject({ state: 'delivered', log: [{ responseStatus: 200, error: null }] });
});

test('a receiver that fails for one organization is still called for another', async () => {
  const { ctx, rule } = await setUp({ target: `${secure}/hook` });
  for (let more = 0; more < 14; more++) await testNotificationRule(ctx, rule.id);
  answers = Array(15).fill(503);
  await dispatch();
  const [another] = [await setUp({ target: `${secure}/hook` }), answers.splice(0)];
  await dispatch();
  expect(await stored(another.id)).toMatchObject({ state: 'delivered' });
});

test('SNS gets one signed Publish', async () => {
  const target = 'arn:aws:sns:eu-central-1:123456789012:on-call';
  const { id } = await setUp({ scope: 'platform', channel: 'sns', target });
  answers = [200];
  await dispatch();
  const [publish] = received;
  expect(publish?.request.headers.authorization).toContain('/eu-central-1/sns/aws4_request');
  const { Message, ...parameters } = Object.fromEntries(new URLSearchParams(publish?.body));
  expect(parameters).toEqual({
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: target,
    Subject: 'A test of this rule',
  });
  expect(JSON.parse(String(Message))).toMatchObject({
    type: 'test',
    data: { summary: 'A test of this rule' },
  });
  expect(await stored(id)).toMatchObject({ state: 'delivered', log: [{ responseStatus: 200 }] });
});

test('a mail goes to a member by the mailer, and to nobody who has left', async () => {
  await (await import('#test/support/close-breakers.ts')).closeBreakers();
  Object.assign(getConfig(), { MAILER: 'ses', MAIL_FROM: 'no-reply@example.com' });
  const { ctx, email } = await setUp();
  const rule = await createRule(ctx, { channel: 'email', target: email });
  expect(rule.secret).toBeNull();
  const { id } = await testNotificationRule(ctx, rule.id);
  await dispatch();
  const mail = received.find(({ request }) => request.url === '/v2/email/outbound-emails');
  expect(JSON.parse(mail?.body ?? '')).toMatchObject({
    Destination: { ToAddresses: [email] },
    Content: { Simple: { Subject: { Data: '[plinth] A test of this rule' } } },
  });
  expect(await stored(id)).toMatchObject({
    state: 'delivered',
    log: [{ responseStatus: null, error: null }],
  });
  await sql`delete from memberships where user_id = ${ctx.actor.userId}`;
  await redeliverNotification(ctx, id);
  await dispatch();
  expect(await stored(id)).toMatchObject({
    state: 'failed',
    log: [{}, { error: 'the address is not that of a member any more' }],
  });
});
