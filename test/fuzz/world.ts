import { createApiKey } from '#lib/api-keys/create-api-key.ts';
import type { ActorSession } from '#lib/auth/actor.ts';
import { csrfTokenOf } from '#lib/auth/csrf-token.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import type { Role } from '#lib/auth/permissions.ts';
import { createProject } from '#lib/projects/create-project.ts';
import { CreateProjectInput } from '#lib/projects/schemas.ts';
import { revokeSession } from '#lib/sessions/revoke-session.ts';
import { cookieName } from '#lib/sessions/session-cookies.ts';
import type { CallOptions } from '#test/support/event.ts';
import { createKey } from '#test/support/scenario.ts';
import { addMember, createTenant, type Member, sql } from '#test/support/tenant.ts';
import type { Answer } from './judge-answer.ts';
import type { ActorKind } from './request-plan.ts';

/** What a request needs to say who sends it. */
export type Credentials = Pick<CallOptions, 'token' | 'headers' | 'cookies'>;

/** Two tenants, and what the answers of the service have shown so far. */
export interface World {
  /** An owner of a tenant who is an operator as well. */
  newOwner(of: 'first' | 'second'): Promise<Member>;
  /** What one turn of an operation has prepared and can use again. */
  readonly prepared: Map<string, Promise<unknown>>;
  /** In no answer to the one but in those to the other. */
  readonly secret: string;
  readonly strangersSecret: string;
  /** Ids by the path in front of them. */
  readonly ids: Map<string, string[]>;
  readonly etags: Map<string, string>;
  /** The query of a next page, by operation. */
  readonly nextPages: Map<string, string>;
}

export async function createWorld(name: string): Promise<World> {
  const [first, second] = [await createTenant(), await createTenant()];
  const [secret, strangersSecret] = [`zzfirst${name}zz`, `zzsecond${name}zz`];
  for (const [tenant, marker] of [
    [first, secret],
    [second, strangersSecret],
  ] as const) {
    await sql`update organizations set name = ${marker} where id = ${tenant.organizationId}`;
    const { ctx } = await tenant.addMember();
    for (const status of ['active', 'paused', 'archived'])
      await createProject(
        ctx,
        CreateProjectInput.parse({ name: `${marker} ${status}`, status, tags: [marker] }),
      );
  }
  return {
    newOwner: (of) => (of === 'first' ? first : second).addMember(['owner', 'operator']),
    prepared: new Map(),
    secret,
    strangersSecret,
    ids: new Map(),
    etags: new Map(),
    nextPages: new Map(),
  };
}

/** Room for what is about to be prepared: an organization has at most 20 rules. */
export async function forgetOldRules({ actor }: Member): Promise<void> {
  await sql`
    delete from notification_rules where id in (
      select id from notification_rules where organization_id = ${actor.organizationId} order by created_at desc offset 10)`;
}

/** The credentials of an actor: the owner who prepared the request, or another one. */
export async function credentialsOf(kind: ActorKind, owner: Member, world: World): Promise<Credentials> {
  const { session } = owner.actor;
  const colleague = (roles: Role[]) => addColleague(owner, roles);
  switch (kind) {
    case 'owner':
      return { token: owner.token };
    case 'owner by cookie':
      return byCookie(owner);
    case 'owner by API key':
      return { headers: (await createKey(owner)).headers };
    case 'weak API key': {
      const { key } = await createApiKey(owner.ctx, { name: 'Weak', scopes: ['projects:read'] });
      return { headers: { 'x-api-key': key } };
    }
    case 'editor':
    case 'viewer':
      return { token: (await colleague([kind])).token };
    case 'operator':
      return { token: (await colleague(['viewer', 'operator'])).token };
    case 'stranger':
      return { token: (await world.newOwner('second')).token };
    case 'anonymous':
      return {};
    case 'cookie without CSRF token':
      return { cookies: byCookie(owner).cookies };
    case 'stale session':
      return {
        token: await tokenOf(owner, { authenticatedAtSeconds: session.authenticatedAtSeconds - 3600 }),
      };
    case 'ended session': {
      const { ctx, actor, token } = await colleague(['owner', 'operator']);
      await revokeSession(ctx, actor.session.id);
      return { token };
    }
    case 'expired token':
      return { token: await tokenOf(owner, {}, new Date(Date.now() - 3_600_000)) };
    case 'changed token':
      return { token: owner.token.replace(/.(?=\.[^.]*$)/, (letter) => (letter === 'A' ? 'B' : 'A')) };
    case 'two credentials':
      return { token: 'a.b.c', ...byCookie(owner) };
    case 'garbage':
      return { headers: { authorization: 'Bearer \u00ff\u00fe' } };
  }
}

/** A person in the organization of the owner. */
async function addColleague({ actor }: Member, roles: readonly Role[]): Promise<Member> {
  return addMember(actor.organizationId, roles);
}

function byCookie({ token, actor: { session } }: Member) {
  const csrfToken = csrfTokenOf(session.id);
  return {
    cookies: [`${cookieName('auth_token')}=${token}`, `${cookieName('csrf_token')}=${csrfToken}`],
    headers: { 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrfToken },
  };
}

async function tokenOf({ actor }: Member, session: Partial<ActorSession>, now = new Date()): Promise<string> {
  const sessionEnd = new Date(now.getTime() + 3_600_000);
  const changed = { ...actor, session: { ...actor.session, ...session } };
  return (await issueAccessToken(changed, now, sessionEnd)).accessToken;
}

/** Notes what later requests can use of an answer. */
export function remember(
  world: World,
  operationId: string,
  path: string,
  query: string,
  answer: Answer,
): void {
  const { status, headers, text } = answer;
  if (headers.etag) world.etags.set(path, headers.etag);
  if (status >= 300) return;
  if (headers['content-type'] !== 'application/json') return;
  const { id, items = [], nextCursor } = JSON.parse(text) ?? {};
  const seen = [id, ...items.map((item: { id?: unknown }) => item?.id)].filter(
    (value) => typeof value === 'string',
  );
  if (seen.length > 0) world.ids.set(`${path}/`, [...(world.ids.get(`${path}/`) ?? []), ...seen].slice(-50));
  if (typeof nextCursor !== 'string') return;
  const page = new URLSearchParams(query);
  page.set('cursor', nextCursor);
  world.nextPages.set(operationId, page.toString());
}
