import { createPrivateKey, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { inject } from 'vitest';
import { issueAccountToken } from '#lib/accounts/account-tokens.ts';
import { createApiKey } from '#lib/api-keys/create-api-key.ts';
import { isAllowed, permissions } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import type { EndpointOperation } from '#lib/generate/load-operations.ts';
import { forgetObservations } from '#lib/health/observe-checks.ts';
import { recordHealth } from '#lib/health/record-health.ts';
import { endStates, type RunState } from '#lib/jobs/run-states.ts';
import { createNotificationRule } from '#lib/notifications/create-notification-rule.ts';
import { CreateNotificationRuleInput } from '#lib/notifications/schemas.ts';
import { testNotificationRule } from '#lib/notifications/test-notification-rule.ts';
import { createInvitation } from '#lib/organizations/create-invitation.ts';
import { createOrganization } from '#lib/organizations/create-organization.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { createSession } from '#lib/sessions/create-session.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { enrolTotp } from '#lib/totp/enrol-totp.ts';
import type { CallOptions } from './event.ts';
import { newestToken } from './mailbox.ts';
import { codeAt, giveSecondFactor, setPassword } from './second-factor.ts';
import { addMember, createMember, type Member, sql } from './tenant.ts';

/** The request in the event file of an operation. */
export function eventOf({ module }: EndpointOperation): CallOptions {
  const path = `${module.replace('functions/', 'events/')}.json`;
  const event = JSON.parse(readFileSync(join(import.meta.dirname, '../..', path), 'utf8'));
  return {
    params: event.pathParameters,
    query: event.rawQueryString,
    headers: event.headers,
    body: event.body,
  };
}

/** That request with a member's token and what it is about made real, so that it succeeds. */
export async function succeeding(operation: EndpointOperation, member: Member): Promise<CallOptions> {
  const { spec } = operation;
  const event = eventOf(operation);
  const token = spec.access === 'public' ? undefined : member.token;
  const prepare = preparations[spec.id] ?? preparations[operation.area];
  return { ...event, token, ...(await prepare?.(member, event)) };
}

type Preparation = (member: Member, event: CallOptions) => Promise<CallOptions>;

/** By operation, else by area. */
const preparations: Record<string, Preparation> = {
  async health({ ctx }) {
    await recordHealth({ ...ctx, actor: { type: 'system', jobId: 'recordHealth' } });
    forgetObservations();
    return {};
  },
  async refuseRoute() {
    return { method: 'OPTIONS', path: '/health' };
  },
  async projects({ ctx, userId }, { params, body }) {
    const { id } = await createProject(ctx, CreateProjectInput.parse({ name: 'Prepared' }));
    return {
      ...(params && { params: { id } }),
      body: (body as string | undefined)?.replace(/0198[-0-9a-f]{32}/g, (fixed) =>
        fixed.endsWith('0a') ? userId : id,
      ),
    };
  },
  async restoreProject({ ctx }) {
    const { id } = await createProject(ctx, CreateProjectInput.parse({ name: 'Deleted' }));
    await deleteProject(ctx, id);
    return { params: { id } };
  },
  async rotateApiKey(member) {
    return { params: { id: (await createKey(member)).id } };
  },
  async revokeApiKey(member) {
    return { params: { id: (await createKey(member)).id } };
  },
  async login(member, { body }) {
    await setPassword(member, 'plinth-demo');
    return { body: String(body).replace('demo@plinth.local', member.email) };
  },
  async stepUpSession(member) {
    await setPassword(member, 'plinth-demo');
    return {};
  },
  async confirmTotp({ ctx }) {
    const { secret } = await enrolTotp(ctx);
    return { body: { code: codeAt(secret, new Date()) } };
  },
  async removeTotp(member) {
    await giveSecondFactor(member);
    return {};
  },
  async replaceRecoveryCodes(member) {
    await giveSecondFactor(member);
    return {};
  },
  async monitoring(_, { params }) {
    return { ...(params?.id && { params: { id: await createErrorGroup() } }) };
  },
  async notifications({ ctx }, { params }) {
    return { ...(params && { params: { id: (await createRule(ctx)).id } }) };
  },
  async redeliverNotification({ ctx }) {
    const { id: ruleId } = await createRule(ctx);
    const { id } = await testNotificationRule(ctx, ruleId);
    await sql`update notifications set state = 'failed' where id = ${id}`;
    return { params: { id } };
  },
  async resumeJob(_, { params }) {
    await sql`insert into jobs (id, paused_at) values (${params?.jobId ?? ''}, now()) on conflict (id) do update set paused_at = now()`;
    return {};
  },
  // Another one than is resumed, and none that a test runs.
  async pauseJob() {
    await sql`update jobs set paused_at = null where id = 'expireErrorGroups'`;
    return { params: { jobId: 'expireErrorGroups' } };
  },
  async getJobRun() {
    return { params: { id: await createJobRun('dead') } };
  },
  async retryJobRun() {
    // Not of the job that is redriven.
    return { params: { id: await createJobRun('dead', 'expireErrorGroups') } };
  },
  async cancelJobRun() {
    return { params: { id: await createJobRun('scheduled') } };
  },
  async redriveDeadLetters() {
    await createJobRun('dead');
    return {};
  },
  async forceKeyRotation() {
    await sql`delete from signing_keys where state = 'pending'`;
    return {};
  },
  async unlinkIdentity({ userId }) {
    await sql`
      insert into external_identities (issuer, subject, user_id)
      values ('https://issuer.example', ${userId}, ${userId})`;
    return { query: { issuer: 'https://issuer.example', subject: userId } };
  },
  async linkIdentity() {
    return { body: { accessToken: await signAsIssuer() } };
  },
  async organizations({ actor }, { params }) {
    return { ...(params && { params: { id: actor.organizationId } }) };
  },
  async updateMember({ actor: { organizationId: id } }) {
    const { userId } = await addMember(id, ['viewer']);
    return { params: { id, userId } };
  },
  async removeMember({ actor: { organizationId: id } }) {
    const { userId, ctx } = await addMember(id, ['editor']);
    await createProject(ctx, CreateProjectInput.parse({ name: 'Orphan' }));
    return { params: { id, userId } };
  },
  async revokeInvitation({ ctx, actor: { organizationId: id } }) {
    const invitation = await createInvitation(ctx, id, { email: 'ada@example.com' });
    return { params: { id, invitationId: invitation.id } };
  },
  async acceptInvitation({ email }) {
    const { ctx, actor } = await createMember();
    await createInvitation(ctx, actor.organizationId, { email });
    return { body: { token: await newestToken(email) } };
  },
  async switchOrganization({ ctx, userId }) {
    const { id } = await createOrganization(ctx, { name: 'Other', ownerId: userId });
    return { body: { organizationId: id } };
  },
  async register({ userId }, { body }) {
    return { body: String(body).replace('ada@', `new-${userId}@`) };
  },
  async verifyEmail(member, { body }) {
    await setPassword(member, 'plinth-demo');
    const { email, ctx } = member;
    const token = await withTransaction(ctx, (tx) => issueAccountToken(tx, 'verify_email', email, ctx.now));
    return { body: { ...JSON.parse(String(body)), token, password: 'plinth-demo' } };
  },
  async forgotPassword({ email }) {
    return { body: { email } };
  },
  async resetPassword({ email, ctx }, { body }) {
    const token = await withTransaction(ctx, (tx) => issueAccountToken(tx, 'reset_password', email, ctx.now));
    return { body: { ...JSON.parse(String(body)), token } };
  },
  async changePassword(member) {
    await setPassword(member, 'plinth-demo');
    return {};
  },
  async refreshSession(member) {
    return { body: { refreshToken: (await logIn(member)).refreshToken } };
  },
  async revokeSession(member) {
    return { params: { id: sessionIdOf((await logIn(member)).refreshToken) } };
  },
};

/** A rule of the actor's organization whose webhook nobody listens to, unless told otherwise. */
export function createRule(ctx: Context, input: Partial<CreateNotificationRuleInput> = {}) {
  const webhook = {
    name: 'Test',
    events: ['health.changed'],
    channel: 'webhook',
    target: 'https://hooks.example/',
  };
  return createNotificationRule(ctx, CreateNotificationRuleInput.parse({ ...webhook, ...input }));
}

/** A new API key of the member, with all its permissions unless told otherwise. */
export async function createKey(
  { ctx }: Member,
  scopes = permissions.filter((permission) => isAllowed(ctx.actor, permission)),
) {
  const { id, key } = await createApiKey(ctx, { name: 'Test', scopes });
  return { id, key, headers: { 'x-api-key': key } };
}

/** A run of a job in some state, as it might be in the ledger; its id. */
export async function createJobRun(state: RunState, jobId = 'expireSessions'): Promise<string> {
  const id = uuidv7();
  const isOver = endStates.includes(state);
  await sql`
    insert into job_runs (id, job_id, trigger, state, reason, available_at, attempts, max_attempts, is_exclusive, started_at, finished_at)
    values (${id}, ${jobId}, 'enqueue', ${state}, ${['skipped', 'missed'].includes(state) ? 'test' : null}, now(), 3, 3, true,
      now() - interval '1 second', ${isOver ? sql`now()` : null})`;
  return id;
}

/** A failure of the service, as any instance would record it; its id. */
export async function createErrorGroup(): Promise<string> {
  const id = uuidv7();
  await sql`
    insert into error_groups
      (id, fingerprint, operations, code, error_class, title, count, first_seen_at, last_seen_at, first_release, last_release, sample)
    values (${id}, ${id}, '{test}', 'internal', 'Error', 'Prepared', 1, now(), now(), 'r1', 'r1',
      '{"requestId":"test-request","traceId":"","message":"Prepared","stack":""}')`;
  return id;
}

/** An access token of the issuer in `token-issuer.ts`, for a subject nobody knows. */
function signAsIssuer(): Promise<string> {
  const { issuer, audience } = inject('tokenIssuer');
  return new SignJWT({
    iss: issuer,
    aud: audience,
    sub: randomUUID(),
    exp: Math.floor(Date.now() / 1000) + 300,
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
    .sign(createPrivateKey({ key: inject('issuerKey'), format: 'jwk' }));
}

/** The tokens of one more session of the member. */
export async function logIn({ ctx, actor }: Member, now = ctx.now) {
  const [user] = await sql`select password_hash from users where id = ${actor.userId}`;
  return createSession(
    { ...ctx, now, actor: undefined },
    {
      userId: actor.userId,
      organizationId: actor.organizationId,
      passwordHash: user?.password_hash,
      authenticationMethods: ['pwd'],
      client: { userAgent: 'test', sourceIp: '127.0.0.1' },
    },
  );
}
