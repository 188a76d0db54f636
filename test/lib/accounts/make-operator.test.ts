import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { handler as getCurrentUser } from '#functions/auth/get-current-user.ts';
import { handler as login } from '#functions/auth/login.ts';
import { call } from '#test/support/call.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const run = promisify(execFile);

function makeOperator(...args: string[]) {
  return run(process.execPath, ['lib/local/make-operator.ts', ...args]);
}

describe('succeeds', () => {
  test('founds an account that can log in as operator, and says so in the audit trail', async () => {
    const email = `ops-${crypto.randomUUID()}@example.com`;
    const { stdout } = await makeOperator(email.toUpperCase(), 'Ops');
    const password = /shown this once: (\S+)/.exec(stdout)?.[1];
    const { status, body } = await call(login, { body: { email, password } });
    expect(status).toBe(200);
    const me = await call(getCurrentUser, { token: body.accessToken });
    expect(me.body).toMatchObject({ email, name: 'Ops', isOperator: true });
    expect(await sql`select action, actor_id from audit_events where entity_id = ${me.body.id}`).toEqual([
      { action: 'user.make_operator', actor_id: 'makeOperator' },
    ]);
  });

  test('promotes an account that is there, once, and leaves its password alone', async () => {
    const { email, userId } = await createMember();
    const [before] = await sql`select password_hash from users where id = ${userId}`;
    for (const _ of [1, 2]) expect((await makeOperator(email)).stdout).not.toContain('password');
    const [after] = await sql`select password_hash, is_operator from users where id = ${userId}`;
    expect(after).toEqual({ ...before, is_operator: true });
    expect(await sql`select action from audit_events where entity_id = ${userId}`).toHaveLength(1);
  });
});

describe('rejects', () => {
  test('an address that nobody has confirmed: its password may be a stranger’s', async () => {
    const { email, userId } = await createMember();
    await sql`update users set email_verified_at = null where id = ${userId}`;
    await expect(makeOperator(email)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not confirmed'),
    });
    expect(await sql`select is_operator from users where id = ${userId}`).toEqual([{ is_operator: false }]);
  });

  test('what is no address, with its usage', async () => {
    await expect(makeOperator('no-address')).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Usage'),
    });
  });
});
