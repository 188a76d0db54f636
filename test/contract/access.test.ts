import { createHmac, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { generateKey } from '#lib/api-keys/key-format.ts';
import { issueAccessToken } from '#lib/auth/issue-access-token.ts';
import { getSigner } from '#lib/auth/key-ring.ts';
import { isAllowed, permissions, type Role, roles } from '#lib/auth/permissions.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { type EndpointOperation, loadOperations } from '#lib/generate/load-operations.ts';
import { isForPeople } from '#lib/http/authorize.ts';
import { renewSessions } from '#lib/sessions/end-sessions.ts';
import { sessionIdOf } from '#lib/sessions/issue-tokens.ts';
import { revokeSession } from '#lib/sessions/revoke-session.ts';
import { call } from '#test/support/call.ts';
import { createKey, eventOf, logIn, succeeding } from '#test/support/scenario.ts';
import { createMember, type Member, sql } from '#test/support/tenant.ts';

const { endpoints } = await loadOperations();
const protectedRoutes = endpoints
  .filter(({ spec }) => spec.access !== 'public')
  .map((operation) => [operation.spec.id, operation] as const);

describe('the matrix of roles and routes', () => {
  const cells = protectedRoutes.flatMap(([id, operation]) =>
    roles.map((role): [string, Role, EndpointOperation] => [id, role, operation]),
  );
  test.each(cells)('%s for %s is as functions/README.md says', async (_, role, operation) => {
    const { access } = operation.spec;
    const permission = typeof access === 'object' ? access.permission : undefined;
    const member = await createMember(role);
    const { status, body } = await call(operation.handler, { ...eventOf(operation), token: member.token });
    if (!permission || isAllowed({ roles: [role] }, permission)) {
      // Some of these requests name what is not there; an operation may still refuse a colleague's things by itself.
      expect([status, body.code]).not.toEqual([401, 'unauthenticated']);
      if (body.code === 'forbidden') expect(body.detail).not.toContain('This needs the permission');
    } else expect([status, body.code]).toEqual([403, 'forbidden']);
  });
});

test.each(protectedRoutes.filter(([, { spec }]) => typeof spec.access === 'object' && spec.access.stepUp))(
  '%s refuses a session whose proof of identity is eleven minutes old',
  async (_, operation) => {
    const { actor, ctx } = await createMember('owner', 'operator');
    const authenticatedAtSeconds = actor.session.authenticatedAtSeconds - 11 * 60;
    const { accessToken } = await issueAccessToken(
      { ...actor, session: { ...actor.session, authenticatedAtSeconds } },
      ctx.now,
      new Date(ctx.now.getTime() + 3_600_000),
    );
    const { status, body, headers } = await call(operation.handler, {
      ...eventOf(operation),
      token: accessToken,
    });
    expect([status, body.code]).toEqual([401, 'step_up_required']);
    expect(headers['www-authenticate']).toBe('Bearer error="insufficient_user_authentication", max_age=600');
  },
);

describe('a credential', () => {
  let member: Member;
  let forged: [reason: string, token: string][];
  beforeAll(async () => {
    member = await createMember('owner', 'operator');
    forged = await Promise.all(
      Object.entries(refused).map(
        async ([reason, forge]): Promise<[string, string]> => [reason, await forge()],
      ),
    );
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = async () => ({
    alg: 'EdDSA',
    typ: 'at+jwt',
    kid: (await getSigner(new Date())).kid,
  });
  const claims = () => ({
    iss: 'http://localhost:3000',
    aud: 'plinth',
    sub: member.userId,
    org: member.actor.organizationId,
    sid: member.actor.session.id,
    gen: 1,
    auth_time: seconds(),
    roles: member.actor.roles,
    jti: member.userId,
    iat: seconds(),
    exp: seconds() + 900,
  });
  const sign = async (changed: { header?: object; claims?: object } = {}) =>
    new SignJWT({ ...claims(), ...changed.claims })
      .setProtectedHeader({ ...(await header()), ...changed.header } as never)
      .sign((await getSigner(new Date())).privateKey);

  const refused: Record<string, () => Promise<string>> = {
    'that has expired': () => sign({ claims: { exp: seconds() - 1 } }),
    'for another audience': () => sign({ claims: { aud: 'other' } }),
    'of another issuer': () => sign({ claims: { iss: 'https://evil.example' } }),
    'of another type': () => sign({ header: { typ: 'JWT' } }),
    'signed by an unknown key': () => sign({ header: { kid: 'unknown' } }),
    'signed by another key': async () =>
      new SignJWT(claims())
        .setProtectedHeader(await header())
        .sign(generateKeyPairSync('ed25519').privateKey),
    'without signature (alg none)': async () =>
      `${encode({ ...(await header()), alg: 'none' })}.${encode(claims())}.`,
    'signed with the public key as a shared secret': async () => {
      const { privateKey } = await getSigner(new Date());
      const input = `${encode({ ...(await header()), alg: 'HS256' })}.${encode(claims())}`;
      const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
      return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
    },
    'of a session that nobody began': () => sign({ claims: { sid: '01980000-0000-7000-8000-0000000000ff' } }),
    'of a session that has ended': async () => {
      const tokens = await logIn(member);
      await revokeSession(member.ctx, sessionIdOf(tokens.refreshToken));
      return tokens.accessToken;
    },
    'from before the roles changed': async () => {
      const changed = await createMember('owner', 'operator');
      await withTransaction(changed.ctx, (tx) => renewSessions(tx, changed.actor, changed.ctx.now));
      return changed.token;
    },
  };

  test('that is good opens every GET, so that the refusals below mean something', async () => {
    const token = await sign();
    for (const [, operation] of protectedRoutes) {
      if (operation.spec.method !== 'GET') continue;
      const { status } = await call(operation.handler, { ...(await succeeding(operation, member)), token });
      expect(status, operation.spec.id).toBe(200);
    }
  });

  test.each(protectedRoutes)('that is none opens %s to nobody', async (_, operation) => {
    const before = await rowsOf(member);
    for (const [reason, token] of forged) {
      const answer = await call(operation.handler, { ...eventOf(operation), token });
      expect([answer.status, answer.body.code], reason).toEqual([401, 'unauthenticated']);
    }
    expect(await rowsOf(member)).toEqual(before);
  });
});

describe('an API key', () => {
  const withKey = (operation: EndpointOperation, headers: Record<string, string>) => {
    const event = eventOf(operation);
    return call(operation.handler, { ...event, headers: { ...event.headers, ...headers } });
  };

  test.each(
    protectedRoutes.filter(([, { spec }]) => typeof spec.access === 'object' && !isForPeople(spec.access)),
  )('needs the scope of %s', async (_, operation) => {
    const { access } = operation.spec;
    const needed = typeof access === 'object' ? access.permission : undefined;
    const member = await createMember('owner', 'operator');
    const others = permissions.filter((permission) => permission !== needed);
    const refused = await withKey(operation, (await createKey(member, others)).headers);
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    const scopes = permissions.filter((permission) => permission === needed);
    expect(scopes).toHaveLength(1);
    const { status } = await withKey(operation, (await createKey(member, scopes)).headers);
    expect([401, 403]).not.toContain(status);
  });

  test.each(protectedRoutes.filter(([, { spec }]) => isForPeople(spec.access)))(
    'cannot call %s, which is for people, whatever its scopes',
    async (_, operation) => {
      const { headers } = await createKey(await createMember('owner', 'operator'));
      const { status, body } = await withKey(operation, headers);
      expect([status, body.code]).toEqual([403, 'forbidden']);
    },
  );

  test.each(protectedRoutes)('of a stranger is 401 at %s', async (_, operation) => {
    const { status, body } = await withKey(operation, { 'x-api-key': generateKey(randomUUID()).key });
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
  });
});

async function rowsOf({ actor }: Member) {
  const [row] = await sql`
    select (select count(*) from projects where organization_id = ${actor.organizationId}) as projects,
      (select count(*) from memberships where organization_id = ${actor.organizationId}) as memberships`;
  return row;
}
