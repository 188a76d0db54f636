import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as login } from '#functions/auth/login.ts';
import { handler as register } from '#functions/auth/register.ts';
import { handler as resetPassword } from '#functions/auth/reset-password.ts';
import { handler as verifyEmail } from '#functions/auth/verify-email.ts';
import { createToken, hashToken } from '#lib/auth/hash-token.ts';
import { getConfig } from '#lib/config/get-config.ts';
import { rateLimits } from '#lib/http/rate-limits.ts';
import { type Answer, call } from '#test/support/call.ts';
import { countStatements } from '#test/support/count-statements.ts';
import { mailsTo, newestToken, tokenIn } from '#test/support/mailbox.ts';
import { createMember, createTenant, sql, type Tenant } from '#test/support/tenant.ts';

const password = 'correct horse battery staple';
const newEmail = () => `${uuidv7()}@example.com`;
const inputOf = (email: string) => ({ email, password, name: 'Ada Lovelace' });

/** An open invitation, as its recipient gets it. */
async function invite({ organizationId }: Tenant, email: string, expiresAt = '2100-01-01'): Promise<string> {
  const token = createToken();
  await sql`
    insert into invitations (id, organization_id, email, role, token_hash, expires_at)
    values (${uuidv7()}, ${organizationId}, ${email}, 'editor', ${hashToken(token)}, ${expiresAt})`;
  return token;
}

afterEach(() => vi.restoreAllMocks());

describe('succeeds', () => {
  test('stores an account that can log in once its address is confirmed, as owner of its organization', async () => {
    const email = newEmail();
    const body = { ...inputOf(email.toUpperCase()), organizationName: 'Engines' };
    const answer = await call(register, { body });
    expect([answer.status, answer.text]).toEqual([202, '']);

    const refused = await call(login, { body: { email, password } });
    expect([refused.status, refused.body.code]).toEqual([403, 'email_unverified']);
    expect((await call(login, { body: { email, password: 'wrong' } })).body.code).toBe('invalid_credentials');

    const [mail] = await mailsTo(email);
    expect(mail?.subject).toBe('Confirm your address');
    expect((await call(verifyEmail, { body: { token: tokenIn(mail), password } })).status).toBe(204);
    const { body: tokens } = await call(login, { body: { email, password } });
    expect((await call(getCurrentUser, { token: tokens.accessToken })).body).toMatchObject({
      email,
      name: 'Ada Lovelace',
      isOperator: false,
      organization: { name: 'Engines', role: 'owner' },
    });
    const events = await sql`
      select action, changes from audit_events a join users u on a.actor_id = u.id::text where email = ${email} order by a.id`;
    expect(events.map(({ action }) => action)).toEqual([
      'user.register',
      'user.verify_email',
      'session.create',
    ]);
    expect(JSON.stringify(events.slice(0, 2))).not.toContain('@');
  });

  test('with an invitation the account is in the organization that invites, and can log in at once', async () => {
    vi.spyOn(getConfig(), 'REGISTRATION', 'get').mockReturnValue('invitation');
    const tenant = await createTenant();
    const email = newEmail();
    const invitationToken = await invite(tenant, email);
    expect((await call(register, { body: { ...inputOf(email), invitationToken } })).status).toBe(202);
    const { body } = await call(login, { body: { email, password } });
    expect((await call(getCurrentUser, { token: body.accessToken })).body.organization).toMatchObject({
      id: tenant.organizationId,
      role: 'editor',
    });
    expect(await mailsTo(email)).toEqual([]);
  });
});

describe('rejects', () => {
  test('to register without an invitation where it needs one', async () => {
    vi.spyOn(getConfig(), 'REGISTRATION', 'get').mockReturnValue('invitation');
    const email = newEmail();
    const { status, body } = await call(register, { body: inputOf(email) });
    expect([status, body.code]).toEqual([403, 'registration_closed']);
    expect(await mailsTo(email)).toEqual([]);
  });

  test('an invitation that is unknown, expired, used or for another address: nothing is stored', async () => {
    const tenant = await createTenant();
    const email = newEmail();
    const used = await invite(await createTenant(), email);
    await call(register, { body: { ...inputOf(email), invitationToken: used } });
    const someone = newEmail();
    const tokens = [
      createToken(),
      await invite(tenant, someone, '2020-01-01'),
      used,
      await invite(tenant, newEmail()),
    ];
    for (const invitationToken of tokens) {
      const { status, body } = await call(register, { body: { ...inputOf(someone), invitationToken } });
      expect([status, body.code]).toEqual([400, 'invitation_invalid']);
    }
    expect(await sql`select 1 from users where email = ${someone}`).toHaveLength(0);
  });

  test('a common password, one made of the account, and a short one, by field', async () => {
    const email = newEmail();
    for (const [weak, code] of [
      ['password1234567', 'common_password'],
      [email.slice(0, 40), 'contextual_password'],
      ['short', 'too_small'],
    ]) {
      const { status, body } = await call(register, { body: { ...inputOf(email), password: weak } });
      expect([status, body.code]).toEqual([422, 'validation_failed']);
      expect(body.errors).toContainEqual(expect.objectContaining({ pointer: '/password', code }));
    }
    expect(await mailsTo(email)).toEqual([]);
  });

  test('an organization name together with an invitation', async () => {
    const body = { ...inputOf(newEmail()), organizationName: 'x', invitationToken: 'y' };
    expect((await call(register, { body })).body.errors).toMatchObject([{ pointer: '/organizationName' }]);
  });
});

describe('protects', () => {
  test('accounts: a taken address gets the same answer, the same statements, and another mail', async () => {
    const member = await createMember();
    const before = await sql`select * from users where id = ${member.userId}`;
    const fresh = newEmail();
    const answers: Answer[] = [];
    const statements: number[] = [];
    for (const email of [fresh, member.email]) {
      const first = await countStatements();
      answers.push(await call(register, { body: inputOf(email) }));
      statements.push((await countStatements()) - first);
    }
    expect(statements).toEqual([register.spec.statements, register.spec.statements]);
    const visible = ({ status, text, headers }: Answer) => {
      const {
        'x-request-id': _,
        'x-process-time': __,
        'server-timing': ___,
        ratelimit: ____,
        ...rest
      } = headers;
      return { status, text, rest };
    };
    expect(visible(answers[1] as never)).toEqual(visible(answers[0] as never));
    expect((await mailsTo(member.email)).map(({ subject }) => subject)).toEqual([
      'You already have an account',
    ]);
    expect(await sql`select * from users where id = ${member.userId}`).toEqual(before);
    expect(await sql`select 1 from memberships where user_id = ${member.userId}`).toHaveLength(1);
  });

  test('an invalid invitation answers the same for a taken address', async () => {
    const { email } = await createMember();
    const { body } = await call(register, { body: { ...inputOf(email), invitationToken: createToken() } });
    expect(body.code).toBe('invitation_invalid');
  });

  test('who comes second from who registered the address first: the mailed link sets another password', async () => {
    const email = newEmail();
    const squatted = 'the password of a squatter';
    await call(register, { body: { ...inputOf(email), password: squatted } });
    await call(register, { body: inputOf(email) });
    const token = await newestToken(email);
    expect((await call(verifyEmail, { body: { token, password } })).body.code).toBe('invalid_account_token');
    expect((await call(resetPassword, { body: { token, password } })).status).toBe(204);
    expect((await call(login, { body: { email, password: squatted } })).status).toBe(401);
    expect((await call(login, { body: { email, password } })).status).toBe(200);
  });

  test('two registrations of an address at once store one account', async () => {
    const email = newEmail();
    const answers = await Promise.all([1, 2, 3].map(() => call(register, { body: inputOf(email) })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await sql`select 1 from users where email = ${email}`).toHaveLength(1);
    const subjects = (await mailsTo(email)).map(({ subject }) => subject).sort();
    expect(subjects).toEqual([
      'Confirm your address',
      'You already have an account',
      'You already have an account',
    ]);
  });

  test('a mailbox from being flooded: one address is counted wherever the requests come from', async () => {
    const email = newEmail();
    const statuses = [];
    for (let count = 0; count <= rateLimits.mail.burst.limit; count++)
      statuses.push((await call(register, { body: inputOf(email) })).status);
    expect(statuses).toEqual([...Array(rateLimits.mail.burst.limit).fill(202), 429]);
    expect(await mailsTo(email)).toHaveLength(rateLimits.mail.burst.limit);
  });

  test('strangers from texts of strangers: name and organization are in no mail', async () => {
    const email = newEmail();
    const body = { ...inputOf(email), name: 'http://evil.example', organizationName: 'http://evil.example' };
    await call(register, { body });
    await call(register, { body });
    expect(JSON.stringify(await mailsTo(email))).not.toContain('evil');
  });
});
