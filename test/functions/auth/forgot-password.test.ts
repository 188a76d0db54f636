import { describe, expect, test } from 'vitest';
import { handler as forgotPassword } from '#functions/auth/forgot-password.ts';
import { call } from '#test/support/call.ts';
import { countStatements } from '#test/support/count-statements.ts';
import { mailsTo, tokenIn } from '#test/support/mailbox.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const countRows = async () => {
  const [row] =
    await sql`select (select count(*) from job_runs where job_id = 'deliverMail')::int as mails, (select count(*) from account_tokens)::int as tokens`;
  return row as { mails: number; tokens: number };
};

describe('succeeds', () => {
  test('mails a link to the owner of the account', async () => {
    const { email } = await createMember();
    const { status, text } = await call(forgotPassword, { body: { email: email.toUpperCase() } });
    expect([status, text]).toEqual([202, '']);
    const [mail] = await mailsTo(email);
    expect(mail).toMatchObject({ to: email, subject: 'Choose a new password' });
    expect(mail?.text).toContain(`http://localhost:3000/reset-password#token=${tokenIn(mail)}`);
  });
});

describe('protects', () => {
  test('who has an account: for an unknown address the answer is the same, and a row is queued that sends nothing', async () => {
    const { email } = await createMember();
    const known = await call(forgotPassword, { body: { email } });
    const before = await countRows();
    const first = await countStatements();
    const unknown = await call(forgotPassword, { body: { email: `nobody-${email}` } });
    expect((await countStatements()) - first).toBe(forgotPassword.spec.statements);
    const after = await countRows();
    expect([unknown.status, unknown.text]).toEqual([known.status, known.text]);
    expect(Object.keys(unknown.headers).sort()).toEqual(Object.keys(known.headers).sort());
    expect(after).toEqual({ mails: before.mails + 1, tokens: before.tokens });
    expect(await mailsTo(`nobody-${email}`)).toEqual([]);
  });
});
