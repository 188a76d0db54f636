import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { withTransaction } from '#lib/db/transaction.ts';
import { deliverMails, maxAttempts } from '#lib/mail/deliver-mails.ts';
import { type Mail, queueDecoy, queueMail } from '#lib/mail/queue-mail.ts';
import { logger } from '#lib/observability/logger.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { mailsTo } from '#test/support/mailbox.ts';
import { createMember, sql } from '#test/support/tenant.ts';

const minuteMs = 60_000;

beforeEach(() => sql`delete from outgoing_mails`);

function contextAt(now: Date, signal = new AbortController().signal) {
  return { actor: { type: 'system', jobId: 'deliverMails' }, requestId: 'test', now, signal } as const;
}
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * minuteMs);

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
    const counts = await deliverMails(contextAt(inMinutes(1)), mailer);
    expect(counts).toEqual({ delivered: 26, failed: 0, abandoned: 0 });
    expect(mailer.sent.map(({ to }) => to).sort()).toEqual(mails.map(({ to }) => to).sort());
    expect(mailer.sent[0]).toEqual({
      to: expect.any(String),
      subject: 'Subject',
      text: 'Link #token=geheim',
    });
    expect(await sql`select 1 from outgoing_mails`).toHaveLength(0);
  });

  test('of runs at the same time each mail is sent by one', async () => {
    await queue(40);
    const mailer = collecting();
    await Promise.all(Array.from({ length: 4 }, () => deliverMails(contextAt(inMinutes(1)), mailer)));
    expect(mailer.sent).toHaveLength(40);
    expect(new Set(mailer.sent.map(({ to }) => to)).size).toBe(40);
  });

  test('what another run is claiming is left to it, without waiting', async () => {
    await queue(12);
    const mailer = collecting();
    const claimed = await sql.begin(async (other) => {
      const rows = await other`select id from outgoing_mails order by next_attempt_at limit 5 for update`;
      await deliverMails(contextAt(inMinutes(1)), mailer);
      return rows.map(({ id }) => id);
    });
    expect(mailer.sent).toHaveLength(7);
    expect((await sql`select id from outgoing_mails`).map(({ id }) => id).sort()).toEqual(claimed.sort());
  });

  test('a mail that fails waits longer each time, then is sent', async () => {
    const [mail] = await queue();
    let minutes = 1;
    for (const attempts of [1, 2, 3]) {
      expect(await deliverMails(contextAt(inMinutes(minutes)), failing)).toMatchObject({ failed: 1 });
      minutes += 2 ** (attempts - 1);
      const early = await deliverMails(contextAt(inMinutes(minutes - 0.5)), failing);
      expect(early, `after ${attempts}`).toEqual({ delivered: 0, failed: 0, abandoned: 0 });
      minutes += 0.1;
    }
    const mailer = collecting();
    await deliverMails(contextAt(inMinutes(minutes)), mailer);
    expect(mailer.sent).toEqual([mail]);
  });

  test('one that fails does not hold up the others', async () => {
    const mails = await queue(3);
    const { sent, send } = collecting();
    const mailer = {
      send: (mail: Mail) => (mail.to === mails[1]?.to ? failing.send() : send(mail)),
    };
    expect(await deliverMails(contextAt(inMinutes(1)), mailer)).toMatchObject({ delivered: 2, failed: 1 });
    expect(sent).toHaveLength(2);
    expect(await mailsTo(String(mails[1]?.to))).toHaveLength(1);
  });
});

describe('rejects', () => {
  test('to try for ever: the last attempt is given up with an error that names nobody', async () => {
    const warn = vi.spyOn(logger, 'warn');
    const [mail] = await queue();
    for (let attempt = 1; attempt < maxAttempts; attempt++)
      expect(await deliverMails(contextAt(inMinutes(2 ** attempt)), failing)).toMatchObject({ failed: 1 });
    expect(await deliverMails(contextAt(inMinutes(2 ** maxAttempts)), failing)).toMatchObject({
      abandoned: 1,
    });
    expect(await mailsTo(String(mail?.to))).toEqual([]);
    const errors = takeErrorLogs();
    expect(errors).toMatchObject([
      ['a mail is given up', { attempts: maxAttempts, mailId: expect.any(String) }],
    ]);
    const logged =
      [...errors, ...warn.mock.calls].flat().map(String).join() + JSON.stringify([errors, warn.mock.calls]);
    expect(logged).not.toContain('@example.com');
    expect(logged).not.toContain('geheim');
    warn.mockRestore();
  });

  test('a mail that another secret has sealed counts as failed', async () => {
    await sql`insert into outgoing_mails (id, sealed_mail) values (${uuidv7()}, ${'A'.repeat(80)})`;
    expect(await deliverMails(contextAt(inMinutes(1)), collecting())).toMatchObject({ failed: 1 });
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
    const [row] = await sql`select * from outgoing_mails`;
    const bytes = JSON.stringify(row) + Buffer.from(row?.sealed_mail, 'base64url').toString('latin1');
    for (const text of [String(mail?.to), 'Subject', 'geheim']) expect(bytes).not.toContain(text);
  });

  test('the time limit: an aborted run claims no further batch', async () => {
    await queue(15);
    const controller = new AbortController();
    const mailer = { send: async () => controller.abort() };
    expect(await deliverMails(contextAt(inMinutes(1), controller.signal), mailer)).toMatchObject({
      delivered: 10,
    });
    expect(await sql`select 1 from outgoing_mails`).toHaveLength(5);
  });
});
