import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import { dispatchRuns } from '#lib/jobs/dispatch-runs.ts';
import { deliverMail } from '#lib/mail/deliver-mail.ts';
import { deliverMailJob } from '#lib/mail/deliver-mail-job.ts';
import type { Mailer } from '#lib/mail/mailer.ts';
import { type Mail, queueDecoy, queueMail } from '#lib/mail/queue-mail.ts';
import { logger } from '#lib/observability/logger.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { systemContext } from '#test/support/ledger.ts';
import { mailsTo } from '#test/support/mailbox.ts';
import { createMember, sql } from '#test/support/tenant.ts';

beforeEach(() => sql`delete from job_runs where job_id = 'deliverMail'`);

async function queue(count = 1): Promise<Mail[]> {
  const { ctx } = await createMember();
  const mails = Array.from({ length: count }, () => ({
    to: `${uuidv7()}@example.com`,
    subject: 'Subject',
    text: 'Link #token=geheim',
  }));
  await withTransaction(ctx, async (tx) => {
    for (const mail of mails) await queueMail(tx, mail);
  });
  return mails;
}

/** Carries out the mails that are due, with that mailer. */
function dispatch(mailer: Mailer) {
  const job = defineJob({ ...deliverMailJob, summary: '', timeoutSeconds: 20 }, ({ ctx, payload }) =>
    deliverMail(ctx, payload, mailer),
  );
  return dispatchRuns(systemContext, [job]);
}
const makeDue = () => sql`update job_runs set available_at = now() where job_id = 'deliverMail'`;
const runs = () =>
  sql`select state, attempts, payload, error_message from job_runs where job_id = 'deliverMail'`;

function collecting(sent: Mail[] = []) {
  return { sent, send: async (mail: Mail) => void sent.push(mail) };
}
const failing = {
  async send() {
    throw new Error('SES answers 503 (no type)');
  },
};

describe('succeeds', () => {
  test('sends what is queued, once, and forgets it; a decoy goes nowhere', async () => {
    const mails = await queue(25);
    const { ctx } = await createMember();
    await withTransaction(ctx, queueDecoy);
    const mailer = collecting();
    expect(await dispatch(mailer)).toMatchObject({ started: 26, succeeded: 26 });
    expect(mailer.sent.map(({ to }) => to).sort()).toEqual(mails.map(({ to }) => to).sort());
    expect(mailer.sent[0]).toMatchObject({ subject: 'Subject', text: 'Link #token=geheim' });
    expect(new Set((await runs()).map(({ payload }) => JSON.stringify(payload)))).toEqual(
      new Set(['{"sealedMail":null}']),
    );
    await sql`update job_runs set state = 'retrying', available_at = now() where job_id = 'deliverMail'`;
    await dispatch(mailer);
    expect(mailer.sent, 'what has left is not sent again').toHaveLength(25);
  });

  test('a mail that fails waits for its next attempt, and does not hold up the others', async () => {
    const mails = await queue(3);
    const { sent, send } = collecting();
    const mailer = { send: (mail: Mail) => (mail.to === mails[1]?.to ? failing.send() : send(mail)) };
    expect(await dispatch(mailer)).toMatchObject({ started: 3, succeeded: 2 });
    expect(sent).toHaveLength(2);
    expect(await mailsTo(String(mails[1]?.to))).toHaveLength(1);
    await makeDue();
    await dispatch({ send });
    expect(sent.at(-1)).toEqual(mails[1]);
  });
});

describe('rejects', () => {
  test('to try for ever: after ten attempts it is a dead letter, and neither row nor log names anybody', async () => {
    const warn = vi.spyOn(logger, 'warn');
    const [mail] = await queue();
    for (let attempt = 1; attempt <= 10; attempt++) {
      await dispatch(failing);
      await makeDue();
    }
    const [run] = await runs();
    expect(run).toMatchObject({ state: 'dead', attempts: 10, error_message: 'SES answers 503 (no type)' });
    expect(await mailsTo(String(mail?.to)), 'for an operator to send it after all').toHaveLength(1);
    const errors = takeErrorLogs();
    expect(errors).toMatchObject([['job failed in its last attempt', { job: 'deliverMail' }]]);
    const written = JSON.stringify([run, errors, warn.mock.calls]) + String(errors) + String(warn.mock.calls);
    expect(written).not.toMatch(/@example\.com|geheim/);
    warn.mockRestore();
  });

  test('a mail that another secret has sealed: it waits for that one to come back', async () => {
    await queue();
    await sql`update job_runs set payload = ${sql.json({ sealedMail: 'A'.repeat(80) })} where job_id = 'deliverMail'`;
    await dispatch(collecting());
    expect(await runs()).toMatchObject([{ state: 'retrying', attempts: 1 }]);
  });
});

describe('protects', () => {
  test('a mail without its change: what rolls back queues nothing', async () => {
    const { ctx, email } = await createMember();
    const work = withTransaction(ctx, async (tx) => {
      await queueMail(tx, { to: email, subject: 's', text: 't' });
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    expect(await mailsTo(email)).toEqual([]);
  });

  test('what waits: no address, subject or text can be read from the row', async () => {
    const [mail] = await queue();
    const [row] = await sql`select * from job_runs where job_id = 'deliverMail'`;
    const bytes = JSON.stringify(row) + Buffer.from(row?.payload.sealedMail, 'base64url').toString('latin1');
    for (const text of [String(mail?.to), 'Subject', 'geheim']) expect(bytes).not.toContain(text);
  });
});
