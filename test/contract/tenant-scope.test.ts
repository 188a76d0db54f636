import { expect, test } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key.ts';
import { expireApiKeys } from '#lib/api-keys/expire-api-keys.ts';
import { findExternalActor } from '#lib/auth/find-external-actor.ts';
import { login } from '#lib/auth/login.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { expireIdempotencyRecords } from '#lib/idempotency/expire-idempotency-records.ts';
import { ListDeprecatedCallsQuery } from '#lib/monitoring/deprecation-schemas.ts';
import { expireMeasurements } from '#lib/monitoring/expire-measurements.ts';
import { listDeprecatedCalls } from '#lib/monitoring/list-deprecated-calls.ts';
import { recordDeprecatedCalls } from '#lib/monitoring/record-deprecated-calls.ts';
import { notify } from '#lib/notifications/notify.ts';
import { raiseNotifications } from '#lib/notifications/raise-notifications.ts';
import { acceptInvitation } from '#lib/organizations/accept-invitation.ts';
import { expireInvitations } from '#lib/organizations/expire-invitations.ts';
import { listOrganizations } from '#lib/organizations/list-organizations.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';
import { foldProjectCounts } from '#lib/projects/fold-project-counts.ts';
import { purgeDeletedProjects } from '#lib/projects/purge-deleted-projects.ts';
import { unscopedStatements } from '#test/support/fail-on-unscoped-statement.ts';
import { sentStatements } from '#test/support/sent-statements.ts';
import { createMember, sql } from '#test/support/tenant.ts';
import { findTenantAccesses } from '#test/support/tenant-accesses.ts';

// The wall itself is test/support/fail-on-unscoped-statement.ts, around every test that has the database (ADR 0012).
const isScoped = async (text: string) => {
  const accesses = await findTenantAccesses(sql, text);
  expect(accesses).not.toEqual([]);
  return accesses.every(({ owner }) => owner !== undefined);
};

test.each([
  'select organization_id from projects where id = $1',
  'select * from projects where id = $1 or organization_id = $2',
  'select * from projects where organization_id <> $1',
  'select * from projects where organization_id = owner_id',
  "select * from projects where name = 'x AND (organization_id = $1)'",
  'select * from projects where not (organization_id = $1 and id = $2)',
  'select p.* from projects p join memberships m using (organization_id) where m.user_id = $1',
  'select (select count(*) from audit_events) from projects where organization_id = $1',
  'with all_of_them as materialized (select * from projects) select * from all_of_them where organization_id = $1',
  'select id from projects where organization_id = $1 union select id from projects where id = $2',
  'select * from organizations where name = $1',
  'select * from projects where owner_id = $1',
  'select * from api_keys where id = $1',
  'insert into "audit_events" ("id", "organization_id") values ($1, $2), ($3, gen_random_uuid())',
  'update projects set organization_id = $1 where id = $2',
  'delete from idempotency_records where key = $1',
  'delete from projects where id in (select id from projects where organization_id = $1 limit 5)',
  'insert into organizations (id, name) values (gen_random_uuid(), $1)',
  "insert into project_counts select id, 'status', 'active', 1 from organizations where id = $1",
])('sees that nothing limits: %s', async (text) => {
  expect(await isScoped(text)).toBe(false);
});

test.each([
  'select * from projects where id = $1 and organization_id = $2',
  'select * from memberships where user_id = $1',
  'insert into "organizations" ("id", "name") values ($1, $2)',
  'insert into "audit_events" ("id", "organization_id", "actor_type") values ($1, $2, $3), ($4, $5, $6)',
  'select * from projects as p where (p.name = $3 or p.slug = $3) and p.organization_id = $2 and p.version = $1',
  'select * from projects where organization_id = $1 and (created_at, id) < ($2, $3) order by created_at desc, id desc limit $4',
  'select p.* from projects p join memberships m using (organization_id) where m.organization_id = $1',
  'explain (format json) select id from projects where organization_id = $1 and name ilike $2',
  "insert into project_counts (key, count, dimension, organization_id) values ($1, 1, 'status', $2)",
  'with moved as (delete from project_counts where organization_id = $1 returning *) insert into project_counts select * from moved',
])('accepts: %s', async (text) => {
  expect(await isScoped(text)).toBe(true);
});

test('names the parameter that has to be the organization', async () => {
  expect(
    await findTenantAccesses(sql, 'update projects set name = $1 where id = $2 and organization_id = $3'),
  ).toEqual([{ table: 'projects', owner: 'organization', parameter: 3 }]);
});

test('every exception is still needed', async () => {
  const { ctx } = await createMember();
  await login(
    { ...ctx, actor: undefined },
    { email: 'nobody@example.com', password: 'x' },
    { sourceIp: '', userAgent: '' },
  ).catch(() => {});
  await findExternalActor({ issuer: 'https://issuer.example', subject: 'nobody' }).catch(() => {});
  await authenticateApiKey({ id: ctx.actor.userId, secretHash: 'x' }, ctx.now).catch(() => {});
  await listOrganizations(ctx, PageQuery.parse({}));
  await acceptInvitation(ctx, { token: 'x', userId: ctx.actor.userId, email: 'x' }).catch(() => {});
  const asJob = { ...ctx, actor: { type: 'system', jobId: 'test' } } as const;
  await Promise.all([purgeDeletedProjects(asJob), foldProjectCounts(asJob), expireIdempotencyRecords(asJob)]);
  await Promise.all([expireInvitations(asJob), expireApiKeys(asJob)]);
  await raiseNotifications(asJob);
  await expireMeasurements(asJob);
  await recordDeprecatedCalls([]);
  await listDeprecatedCalls(ctx, ListDeprecatedCallsQuery.parse({}), { endpoints: [], jobs: [] });
  const nothing = { event: 'job.dead', subject: 'x', severity: 'notice', summary: '', details: {} } as const;
  const at = ctx.now.toISOString();
  await withTransaction(asJob, (db) => notify({ ...asJob, db }, [{ ...nothing, at }]));
  const sent = [...new Set(sentStatements.map(({ text }) => text))];
  for (const [reason, pattern] of Object.entries(unscopedStatements)) {
    const matching = sent.filter((text) => pattern.test(text));
    expect(matching, reason).toHaveLength(1);
    expect(await isScoped(matching[0] ?? ''), reason).toBe(false);
  }
});
