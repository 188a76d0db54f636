import { expect, test, vi } from 'vitest';
import { handler as forgotPassword } from '#functions/auth/forgot-password.ts';
import { handler as deliverMail } from '#functions/jobs/deliver-mail.ts';
import { logger } from '#lib/observability/logger.ts';
import { call } from '#test/support/call.ts';
import { dispatchJob } from '#test/support/ledger.ts';
import { mailsTo, newestToken } from '#test/support/mailbox.ts';
import { createMember } from '#test/support/tenant.ts';

test('shows the mail with its link on the terminal, and not to the logger', async () => {
  const { email } = await createMember();
  const logs = (['debug', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(logger, level));
  const terminal: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    terminal.push(String(text));
    return true;
  });
  let token = '';
  try {
    await call(forgotPassword, { body: { email } });
    token = await newestToken(email);
    const { started, succeeded } = await dispatchJob(deliverMail);
    expect(succeeded).toBe(started);
  } finally {
    write.mockRestore();
  }
  const frame = terminal.find((text) => text.includes(email)) ?? '';
  expect(frame).toContain(`Mail to ${email}: Choose a new password`);
  expect(frame).toMatch(new RegExp(`^http://localhost:3000/reset-password#token=${token}$`, 'm'));
  expect(await mailsTo(email)).toEqual([]);
  const logged = JSON.stringify(logs.map((log) => log.mock.calls));
  expect(logged).not.toContain(token);
  expect(logged).not.toContain(email);
  for (const log of logs.slice(0, 3)) log.mockRestore();
});
