import { describe, expect, test } from 'vitest';
import { handler as createNotificationRule } from '#functions/notifications/create-notification-rule.ts';
import { handler as deleteNotificationRule } from '#functions/notifications/delete-notification-rule.ts';
import { handler as getNotificationRule } from '#functions/notifications/get-notification-rule.ts';
import { handler as listNotificationRules } from '#functions/notifications/list-notification-rules.ts';
import { handler as listNotifications } from '#functions/notifications/list-notifications.ts';
import { handler as redeliverNotification } from '#functions/notifications/redeliver-notification.ts';
import { handler as rotateNotificationSecret } from '#functions/notifications/rotate-notification-secret.ts';
import { handler as testNotificationRule } from '#functions/notifications/test-notification-rule.ts';
import { handler as updateNotificationRule } from '#functions/notifications/update-notification-rule.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { call } from '#test/support/call.ts';
import { createKey, createRule } from '#test/support/scenario.ts';
import { createMember, createTenant, type Member, sql } from '#test/support/tenant.ts';

const webhook = {
  name: 'On call',
  events: ['health.changed'],
  channel: 'webhook',
  target: 'https://hooks.example.com/plinth',
};
const arn = 'arn:aws:sns:eu-central-1:123456789012:on-call';
const create = ({ token }: Member, changed: object = {}) =>
  call(createNotificationRule, { token, body: { ...webhook, ...changed } });
const actionsOf = async ({ actor }: Member) => {
  const rows =
    await sql`select action from audit_events where organization_id = ${actor.organizationId} order by id`;
  return rows.map(({ action }) => action);
};

describe('succeeds', () => {
  test('a rule is made, read, changed and deleted, all on record and without its secret', async () => {
    const member = await createMember();
    const { token } = member;
    const created = await create(member);
    expect(created.status).toBe(201);
    const { secret, ...rule } = created.body;
    expect(secret).toMatch(/^whsec_/);
    expect(rule).toMatchObject({
      ...webhook,
      scope: 'organization',
      dedupeMinutes: 15,
      isEnabled: true,
      quietHours: null,
    });
    const params = { id: rule.id };
    expect((await call(getNotificationRule, { token, params })).body).toEqual(rule);
    const quietHours = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' };
    const updated = await call(updateNotificationRule, {
      token,
      params,
      body: { quietHours, isEnabled: false },
    });
    expect(updated.body).toEqual({ ...rule, quietHours, isEnabled: false, updatedAt: expect.any(String) });
    const rotated = await call(rotateNotificationSecret, { token, params });
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.secret).not.toBe(secret);
    expect((await call(listNotificationRules, { token })).body.items).toMatchObject([{ id: rule.id }]);
    expect((await call(deleteNotificationRule, { token, params })).status).toBe(204);
    expect((await call(getNotificationRule, { token, params })).body.code).toBe('not_found');
    expect(await actionsOf(member)).toEqual(
      ['create', 'update', 'rotate_secret', 'delete'].map((action) => `notification_rule.${action}`),
    );
    const trail = JSON.stringify(await sql`select changes from audit_events where entity_id = ${rule.id}`);
    expect(trail).toContain('https://hooks.example.com');
    expect(trail, 'the path of a webhook is often its credential').not.toMatch(/whsec_|sealed|\/plinth/);
  });

  test('a test is a notification at once, which is listed by state and rule, page by page', async () => {
    const { token, ctx } = await createMember();
    const [first, second] = [await createRule(ctx), await createRule(ctx)];
    for (const { id } of [first, second, second])
      expect((await call(testNotificationRule, { token, params: { id } })).body).toMatchObject({
        ruleId: id,
        event: 'test',
        state: 'pending',
        log: [],
      });
    const list = async (query: Record<string, string>) =>
      (await call(listNotifications, { token, query })).body;
    expect((await list({ ruleId: first.id })).items).toHaveLength(1);
    expect((await list({ state: 'failed' })).items).toEqual([]);
    const page = await list({ limit: '2', state: 'pending' });
    const rest = await list({ limit: '2', state: 'pending', cursor: page.nextCursor });
    expect([page.items.length, rest.items.length, rest.nextCursor]).toEqual([2, 1, undefined]);
    expect((await list({ state: 'failed', cursor: page.nextCursor })).code).toBe('invalid_cursor');
    const params = { id: page.items[0].id };
    expect((await call(redeliverNotification, { token, params })).body.code).toBe('wrong_state');
    await sql`update notifications set state = 'failed' where id = ${params.id}`;
    expect((await call(redeliverNotification, { token, params })).body).toMatchObject({ state: 'pending' });
    await sql`update notifications set next_attempt_at = now() - interval '61 minutes' where id = ${params.id}`;
    const lost = await call(redeliverNotification, { token, params });
    expect(lost.body, 'its run is lost').toMatchObject({ state: 'pending' });
  });

  test('an operator makes rules of the platform, an administrator those of the organization', async () => {
    const tenant = await createTenant();
    const [operator, admin] = [
      await tenant.addMember(['viewer', 'operator']),
      await tenant.addMember(['admin']),
    ];
    const platform = {
      scope: 'platform',
      channel: 'sns',
      target: arn,
      events: ['job.dead', 'breaker.opened'],
    };
    const { status, body } = await create(operator, platform);
    expect([status, body.secret]).toEqual([201, null]);
    expect((await create(admin, platform)).body.code).toBe('forbidden');
    expect((await create(operator)).body.code).toBe('forbidden');
    const { body: own } = await create(admin);
    const idsOf = async ({ token }: Member) =>
      (await call(listNotificationRules, { token })).body.items.map(({ id }: { id: string }) => id);
    expect([await idsOf(operator), await idsOf(admin)]).toEqual([[body.id], [own.id]]);
    const params = { id: body.id };
    expect(
      (await call(updateNotificationRule, { token: admin.token, params, body: { isEnabled: false } })).body
        .code,
    ).toBe('not_found');
    const rotation = await call(rotateNotificationSecret, { token: operator.token, params });
    expect(rotation.body.code).toBe('wrong_state');
  });

  test('mails of an organization go to its members, those of the platform anywhere', async () => {
    const member = await createMember('owner', 'operator');
    expect((await create(member, { channel: 'email', target: member.email.toUpperCase() })).status).toBe(201);
    const stranger = { channel: 'email', target: 'on-call@example.com' };
    expect((await create(member, stranger)).body.errors).toMatchObject([
      { pointer: '/target', code: 'no_member' },
    ]);
    expect((await create(member, { ...stranger, scope: 'platform' })).status).toBe(201);
  });
});

describe('rejects', () => {
  test.each([
    [{ events: [] }, '/events'],
    [{ events: ['job.dead'] }, '/events'],
    [{ events: ['project.created'] }, '/events/0'],
    [{ channel: 'sns', target: arn }, '/channel'],
    [{ channel: 'pigeon' }, '/channel'],
    [{ scope: 'platform', channel: 'sns', target: `${arn}.fifo` }, '/target'],
    [{ channel: 'email', target: 'nobody' }, '/target'],
    [{ target: 'nowhere' }, '/target'],
    [{ target: 'ftp://hooks.example.com/' }, '/target'],
    [{ target: 'https://user:password@hooks.example.com/' }, '/target'],
    [{ target: 'https://169.254.169.254/' }, '/target'],
    [{ dedupeMinutes: 1441 }, '/dedupeMinutes'],
    [{ quietHours: { from: '24:00', to: '07:00', timezone: 'UTC' } }, '/quietHours/from'],
    [{ quietHours: { from: '07:00', to: '07:00', timezone: 'UTC' } }, '/quietHours'],
    [{ quietHours: { from: '22:00', to: '07:00', timezone: '+01:00' } }, '/quietHours/timezone'],
    [{ secret: 'whsec_mine' }, '/secret'],
  ])('a rule with %j', async (changed, pointer) => {
    const { status, body } = await create(await createMember('owner', 'operator'), changed);
    expect([status, body.errors[0].pointer]).toEqual([422, pointer]);
  });

  test.each(['https://10.0.0.1/', 'https://[::1]/', 'https://0x7f.1/', 'http://hooks.example.com/'])(
    'in a deployed stage %s, also as a change',
    async (target) => {
      const member = await createMember();
      const { id } = await createRule(member.ctx);
      const config = getConfig();
      const { PLINTH_STAGE } = config;
      Object.assign(config, { PLINTH_STAGE: 'prod' });
      const answers = [
        await create(member, { target }),
        await call(updateNotificationRule, { token: member.token, params: { id }, body: { target } }),
      ];
      Object.assign(config, { PLINTH_STAGE });
      expect(answers.map(({ body }) => body.errors[0].code)).toEqual(['not_called', 'not_called']);
    },
  );

  test('a patch that changes nothing, and the 21st rule', async () => {
    const member = await createMember();
    const { id } = await createRule(member.ctx);
    const empty = await call(updateNotificationRule, { token: member.token, params: { id }, body: {} });
    expect(empty.status).toBe(422);
    for (let count = 2; count <= 20; count++) await createRule(member.ctx);
    expect((await create(member)).body.code).toBe('wrong_state');
  });
});

describe('protects', () => {
  test("one organization's rules and notifications from every other, and from who may only edit", async () => {
    const [owner, stranger] = [await createMember(), await createMember()];
    const { id } = await createRule(owner.ctx);
    const { body: notification } = await call(testNotificationRule, { token: owner.token, params: { id } });
    const { token } = stranger;
    const answers = await Promise.all([
      call(getNotificationRule, { token, params: { id } }),
      call(updateNotificationRule, { token, params: { id }, body: { isEnabled: false } }),
      call(deleteNotificationRule, { token, params: { id } }),
      call(testNotificationRule, { token, params: { id } }),
      call(rotateNotificationSecret, { token, params: { id } }),
      call(redeliverNotification, { token, params: { id: notification.id } }),
    ]);
    expect(answers.map(({ body }) => body.code)).toEqual(answers.map(() => 'not_found'));
    expect((await call(listNotifications, { token })).body.items).toEqual([]);
    const editor = await createMember('editor');
    expect((await call(listNotificationRules, { token: editor.token })).status).toBe(403);
  });

  test("the platform from an operator's API key that does not carry ops:read", async () => {
    const operator = await createMember('owner', 'operator');
    const rule = await createRule(operator.ctx, { scope: 'platform', events: ['job.dead'] });
    const params = { id: rule.id };
    const { body: notification } = await call(testNotificationRule, { token: operator.token, params });
    const { headers } = await createKey(operator, ['notifications:manage']);
    const answers = await Promise.all([
      call(getNotificationRule, { headers, params }),
      call(updateNotificationRule, { headers, params, body: { target: 'https://elsewhere.example/' } }),
      call(deleteNotificationRule, { headers, params }),
      call(testNotificationRule, { headers, params }),
      call(rotateNotificationSecret, { headers, params }),
      call(redeliverNotification, { headers, params: { id: notification.id } }),
    ]);
    expect(answers.map(({ body }) => body.code)).toEqual(answers.map(() => 'not_found'));
    const platform = { ...webhook, scope: 'platform', events: ['job.dead'] };
    expect((await call(createNotificationRule, { headers, body: platform })).body.code).toBe('forbidden');
    const { body: own } = await call(createNotificationRule, { headers, body: webhook });
    const { body: seen } = await call(listNotificationRules, { headers });
    expect(seen.items, 'of its organization').toMatchObject([{ id: own.id }]);
    expect((await call(listNotifications, { headers })).body.items).toEqual([]);
    const wide = await createKey(operator, ['notifications:manage', 'ops:read']);
    expect((await call(createNotificationRule, { headers: wide.headers, body: platform })).status).toBe(201);
    expect((await call(getNotificationRule, { headers: wide.headers, params })).status).toBe(200);
  });
});
