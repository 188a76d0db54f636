import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueAccountToken } from '#lib/accounts/account-tokens.ts';
import { hashPassword } from '#lib/auth/passwords.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import type { EndpointOperation } from '#lib/generate/load-operations.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { deleteProject } from '#lib/projects/delete-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { createSession } from '#lib/sessions/create-session.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import type { CallOptions } from './event.ts';
import { type Member, sql } from './tenant.ts';

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
  async login({ userId, email }, { body }) {
    await sql`update users set password_hash = ${await hashPassword('plinth-demo')} where id = ${userId}`;
    return { body: String(body).replace('demo@plinth.local', email) };
  },
  async register({ userId }, { body }) {
    return { body: String(body).replace('ada@', `new-${userId}@`) };
  },
  async verifyEmail({ email, ctx }, { body }) {
    const token = await withTransaction(ctx, (tx) => issueAccountToken(tx, 'verify_email', email, ctx.now));
    return { body: { ...JSON.parse(String(body)), token } };
  },
  async forgotPassword({ email }) {
    return { body: { email } };
  },
  async resetPassword({ email, ctx }, { body }) {
    const token = await withTransaction(ctx, (tx) => issueAccountToken(tx, 'reset_password', email, ctx.now));
    return { body: { ...JSON.parse(String(body)), token } };
  },
  async changePassword({ userId }) {
    await sql`update users set password_hash = ${await hashPassword('plinth-demo')} where id = ${userId}`;
    return {};
  },
  async refreshSession(member) {
    return { body: { refreshToken: (await logIn(member)).refreshToken } };
  },
  async revokeSession(member) {
    return { params: { id: sessionIdOf((await logIn(member)).refreshToken) } };
  },
};

/** The tokens of one more session of the member. */
export function logIn({ ctx, actor }: Member, now = ctx.now) {
  return createSession(
    { ...ctx, now, actor: undefined },
    {
      userId: actor.userId,
      organizationId: actor.organizationId,
      roles: actor.roles,
      authenticationMethods: ['pwd'],
      client: { userAgent: 'test', sourceIp: '127.0.0.1' },
    },
  );
}
