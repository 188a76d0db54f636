import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll } from 'vitest';
import type { Actor, ActorSession, UserActor } from '#lib/auth/actor.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import type { Role } from '#lib/auth/permissions.ts';
import type { Context } from '#lib/context.ts';
import { closePool } from '#lib/db/client.ts';
import { tellFleet } from '#lib/sessions/fleet-state.ts';

/** The worker's database, to prepare and to look: the code under test has its own connections. */
export const sql = postgres(process.env.DATABASE_URL ?? '', { max: 2, onnotice: () => {} });

afterAll(async () => {
  await closePool(1);
  await sql.end();
});

export interface Member {
  userId: string;
  email: string;
  token: string;
  actor: UserActor & { session: ActorSession };
  ctx: Context<UserActor>;
}

export interface Tenant {
  organizationId: string;
  addMember(roles?: readonly Role[]): Promise<Member>;
  /** Makes somebody who is a member elsewhere a member here, too. */
  addUser(userId: string, roles?: readonly Role[]): Promise<Member>;
}

/** An organization of the test's own: no test sees or disturbs another one's rows. */
export async function createTenant(): Promise<Tenant> {
  const organizationId = uuidv7();
  await sql`insert into organizations (id, name) values (${organizationId}, 'Test')`;
  return {
    organizationId,
    addMember: (roles = ['owner']) => addMember(organizationId, roles),
    addUser: (userId, roles = ['owner']) => join(organizationId, userId, roles),
  };
}

/** A member of a new organization, owner unless told otherwise. */
export async function createMember(...roles: Role[]): Promise<Member> {
  const tenant = await createTenant();
  return tenant.addMember(roles.length > 0 ? roles : ['owner']);
}

/** What a verb gets, for an actor. */
export function contextOf<A extends Actor>(actor: A, now = new Date()): Context<A> {
  return { actor, requestId: 'test-request', now, signal: new AbortController().signal };
}

/** One more member of an organization. */
export async function addMember(organizationId: string, roles: readonly Role[]): Promise<Member> {
  const userId = uuidv7();
  await sql`
    insert into users (id, email, name, email_verified_at, is_operator)
    values (${userId}, ${emailOf(userId)}, 'Test', now(), ${roles.includes('operator')})`;
  return join(organizationId, userId, roles);
}

async function join(organizationId: string, userId: string, roles: readonly Role[]): Promise<Member> {
  const [role = 'viewer'] = roles.filter((held) => held !== 'operator');
  await sql`insert into memberships (organization_id, user_id, role) values (${organizationId}, ${userId}, ${role})`;
  const actor = await startSession({ userId, organizationId, roles });
  const { accessToken } = await issueAccessToken(actor, new Date(), inTwelveHours());
  return { userId, email: emailOf(userId), token: accessToken, actor, ctx: contextOf(actor) };
}

const emailOf = (userId: string) => `${userId}@example.com`;

/** A session that the whole fleet knows, as it does from its second request on. */
async function startSession(member: Pick<UserActor, 'userId' | 'organizationId' | 'roles'>) {
  const session = { id: uuidv7(), generation: 1, authenticatedAtSeconds: Math.floor(Date.now() / 1000) };
  await sql`
    insert into sessions (id, user_id, organization_id, authentication_methods, user_agent, source_ip, expires_at)
    values (${session.id}, ${member.userId}, ${member.organizationId}, '{pwd}', 'test', '127.0.0.1', ${inTwelveHours()})`;
  await tellFleet([session]);
  return { type: 'user', ...member, session } satisfies UserActor;
}

function inTwelveHours(): Date {
  return new Date(Date.now() + 12 * 3_600_000);
}
