import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { handler as backUpJob } from '#functions/jobs/back-up-database.ts';
import { handler as drillJob } from '#functions/jobs/drill-restore.ts';
import { backUpDatabase } from '#lib/backup/back-up-database.ts';
import { createBackupKey } from '#lib/backup/backup-keys.ts';
import { createBackup } from '#lib/backup/create-backup.ts';
import { expireBackups } from '#lib/backup/expire-backups.ts';
import { openBackup } from '#lib/backup/open-backup.ts';
import { withoutConcurrently } from '#lib/backup/rebuild-schema.ts';
import { openStore } from '#lib/backup/store.ts';
import { backupFreshness } from '#lib/health/checks/backup-freshness.ts';
import type { Continuation, JobContext } from '#lib/jobs/job-spec.ts';
import { explain, readBackupArguments, runBackupCommand } from '#lib/local/backup.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { runJobLocally } from '#lib/local/run-job.ts';
import { createDatabase, inDatabase, listDatabases } from '#test/support/backup-databases.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { createJobRun } from '#test/support/scenario.ts';
import { sql } from '#test/support/tenant.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-backup-jobs-'));
Object.assign(process.env, {
  BACKUP_URL: folder,
  BACKUP_KEY: createSecret(),
  // As of a role that has such a limit: making and dropping a database take longer.
  BACKUP_DRILL_URL: `${inject('databaseUrl')}?statement_timeout=10`,
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => sql`delete from job_runs`);

const stored = () => readdirSync(folder).filter((name) => name.endsWith('.part') === false);
const scratchDatabases = async () =>
  (await listDatabases()).filter(({ name }) => name.startsWith('plinth_drill_'));

test('the nightly job backs up, reads it in another invocation, and health knows; the drill restores it and leaves nothing', async () => {
  const lines: string[] = [];
  expect(await backupFreshness.observe(new Date())).toMatchObject({
    status: 'fail',
    output: 'there is no good backup',
  });
  const backedUp = await runJobLocally(backUpJob, {}, (line) => lines.push(line));
  expect(backedUp).toMatchObject({ outcome: 'succeeded', backupId: stored()[0], expired: 0 });
  expect(lines.filter((line) => line === 'goes on from its checkpoint')).toHaveLength(1);
  expect(await backupFreshness.observe(new Date())).toMatchObject({
    status: 'fail',
    output: expect.stringContaining('trial'),
  });

  const drilled = await runJobLocally(drillJob, {}, () => {});
  expect(drilled).toMatchObject({
    outcome: 'succeeded',
    backupId: backedUp.backupId,
    rows: backedUp.rows,
    seconds: { total: expect.any(Number) },
  });
  expect(await scratchDatabases()).toEqual([]);
  expect(await backupFreshness.observe(new Date())).toMatchObject({ status: 'pass', unit: 'h' });
  await sql`update job_runs set started_at = now() - interval '31 hours' where job_id = 'backUpDatabase'`;
  expect(await backupFreshness.observe(new Date())).toMatchObject({
    status: 'fail',
    output: expect.stringContaining('old'),
  });
});

test('a run that was skipped or failed is no good backup', async () => {
  const id = await createJobRun('succeeded', 'backUpDatabase');
  await sql`update job_runs set result = '{"skipped": "BACKUP_URL is not set"}' where id = ${id}`;
  await createJobRun('dead', 'backUpDatabase');
  expect(await backupFreshness.observe(new Date())).toMatchObject({ status: 'fail' });
});

test('a drill of a damaged backup fails for good, and drops its database; one that was killed is cleaned up after', async () => {
  const made = Date.now();
  const others = [
    'plinth_drill_2000_abcdef',
    'plinth_drill_of_mine',
    `plinth_drill_${made}_abcdef`,
    'plinth_drill_',
  ];
  for (const name of ['plinth_drill_1000', 'plinth_drill_3000_abcdef', ...others])
    await sql.unsafe(`create database ${name} template template0`);
  const connected = postgres(inject('databaseUrl').replace(/\/[^/]*$/, `/${others[0]}`), { max: 1 });
  await connected`select 1`;
  const [id = ''] = stored();
  writeFileSync(join(folder, id, 'users.00000'), 'changed');
  const { outcome, runId } = await runJobLocally(drillJob, {}, () => {});
  const [run] = await sql`select error_message from job_runs where id = ${String(runId)}`;
  expect([outcome, run?.error_message]).toEqual(['failed', `${id}/users.00000 was changed or cut off`]);
  expect(takeErrorLogs()).toHaveLength(1);
  const left = (await scratchDatabases()).map(({ name }) => name);
  await connected.end();
  for (const name of left) await sql.unsafe(`drop database ${name} with (force)`);
  expect(left.sort()).toEqual(others.sort());
});

test('the newest backup is not one of the future; where there is no other, it has to be named', async () => {
  const root = join(folder, 'ahead');
  const vault = { store: openStore(root), key: createBackupKey(process.env.BACKUP_KEY ?? '') };
  await vault.store.put('20990101T000000Z-aaaaaa/manifest.json', Buffer.from('x'));
  await expect(openBackup(vault, undefined, new Date())).rejects.toThrow(
    'no backup but of the future, such as 20990101T000000Z-aaaaaa',
  );
  const source = { url: process.env.DATABASE_URL ?? '', stage: 'test', release: 'r' };
  const { id } = await createBackup(source, vault, new AbortController().signal);
  expect((await openBackup(vault, undefined, new Date())).id).toBe(id);
});

test('reading goes on at the table where the time was up; what was changed by hand is told in the result and by health', async () => {
  const stop = new AbortController();
  const contextOf = (signal: AbortSignal, progress: JobContext['progress']): JobContext => ({
    actor: { type: 'system', jobId: 'backUpDatabase' },
    requestId: 'test',
    now: new Date(),
    slot: undefined,
    signal,
    progress,
  });
  const { signal } = new AbortController();
  await sql`create table by_hand (id integer)`;
  const first = await backUpDatabase(
    contextOf(signal, () => {}),
    undefined,
  );
  const { checkpoint } = first as Continuation;
  const stopAtThird = contextOf(stop.signal, (done) => done === 3 && stop.abort('timed_out'));
  const second = await backUpDatabase(stopAtThird, checkpoint);
  await sql`drop table by_hand`;
  expect(second).toMatchObject({ checkpoint: { nextTable: 3 } });
  const seen: number[] = [];
  const last = await backUpDatabase(
    contextOf(signal, (done) => seen.push(done)),
    (second as Continuation).checkpoint,
  );
  expect(seen[0]).toBe(3);
  expect(last).toMatchObject({ drift: ['+ by_hand'] });
  for (const job of ['drillRestore', 'backUpDatabase'])
    await sql`
      update job_runs set started_at = now(), result = ${sql.json({ ...last } as postgres.JSONValue)}
      where id = ${await createJobRun('succeeded', job)}`;
  expect(await backupFreshness.observe(new Date())).toMatchObject({
    status: 'warn',
    output: expect.stringContaining('--accept-drift'),
  });
});

test('backups expire by age, unfinished ones after a day; never the last good one, nor what is no backup', async () => {
  const root = join(folder, 'expiry');
  const store = openStore(root);
  const put = async (id: string, isFinished: boolean) => {
    await store.put(`${id}/users.00000`, Buffer.from('x'));
    if (isFinished) await store.put(`${id}/manifest.json`, Buffer.from('x'));
  };
  const now = new Date('2026-11-21T02:30:00Z');
  await put('20260101T021700Z-aaaaaa', true);
  await put('20261020T021700Z-bbbbbb', true);
  await put('20261023T021700Z-cccccc', true);
  await put('20261118T021700Z-dddddd', false);
  await put('20261120T120000Z-eeeeee', false);
  await put('20261120T021700Z-ffffff', true);
  await store.put('notes.txt', Buffer.from('of an operator'));
  const good = { now, retentionDays: 30, goodId: '20261120T021700Z-ffffff' };
  expect(await expireBackups(store, good)).toBe(3);
  const kept = ['20261023T021700Z-cccccc', '20261120T021700Z-ffffff', '20261120T120000Z-eeeeee', 'notes.txt'];
  expect(readdirSync(root).sort()).toEqual(kept);
  expect(await expireBackups(store, { ...good, now: new Date('2027-11-21T02:30:00Z') })).toBe(0);
  await put('20271120T021700Z-abcdef', true);
  expect(await expireBackups(store, { ...good, goodId: '20271120T021700Z-abcdef' }), 'the other clock').toBe(
    0,
  );
  expect(readdirSync(root).sort()).toEqual([
    '20261023T021700Z-cccccc',
    '20261120T021700Z-ffffff',
    '20261120T120000Z-eeeeee',
    '20271120T021700Z-abcdef',
    'notes.txt',
  ]);
});

describe('the commands', () => {
  const backups = join(folder, 'commands');
  let source: string;
  beforeAll(async () => {
    source = await createDatabase(inject('templateDatabase'));
  });
  const runWith =
    (report: (line: string) => void) =>
    (...args: string[]) =>
      runBackupCommand(readBackupArguments(args), { ...process.env, DATABASE_URL: source }, report);
  const run = runWith(() => {});

  test('back up, verify and restore', async () => {
    const { backupId, rows } = await run('backup', '--to', backups);
    expect(await run('verify', '--from', backups)).toMatchObject({
      backupId,
      rows,
      storedBytes: expect.any(Number),
    });
    const target = await createDatabase();
    expect(await run('restore', '--from', backups, '--backup', `${backupId}`, '--to', target)).toMatchObject({
      backupId,
      rows,
    });
    writeFileSync(join(backups, `${backupId}`, 'users.00000'), 'other');
    await expect(run('verify', '--from', backups)).rejects.toThrow('users.00000 was changed');
  });

  test('restore what somebody has changed by hand where that is accepted, and tell what was not made again', async () => {
    const hand = join(folder, 'by-hand');
    await inDatabase(source, (sql) =>
      sql.unsafe(`
        create type mood as enum ('good');
        create table "odd ones" (id int primary key, price numeric(10, 2) not null, mood mood);
        insert into "odd ones" values (1, 2.50, 'good'), (2, 3, null);
        alter table projects add column colour text not null default 'red';
        create index projects_by_hand on projects (description);
        alter table deprecated_calls rename to calls_of_old`),
    );
    const lines: string[] = [];
    const tell = runWith((line) => lines.push(line));
    await tell('backup', '--to', hand);
    const drift = ['+ calls_of_old', '+ odd ones', '+ projects.colour', '- deprecated_calls'];
    const warnings = drift.map((one) => `a restore will need --accept-drift: ${one}`);
    expect(lines).toEqual(expect.arrayContaining(warnings));
    const target = await createDatabase();
    const refusal = `by hand:\n  ${drift.join('\n  ')}\nTake it as it was with npm run db:restore -- --accept-drift`;
    await expect(tell('restore', '--from', hand, '--to', target)).rejects.toThrow(refusal);
    await tell('restore', '--from', hand, '--to', target, '--accept-drift');
    await inDatabase(target, async (sql) => {
      expect([...(await sql`select * from "odd ones" order by id`)]).toEqual([
        { id: 1, price: '2.50', mood: 'good' },
        { id: 2, price: '3.00', mood: null },
      ]);
      expect([...(await sql`select to_regclass('deprecated_calls') as name`)]).toEqual([{ name: null }]);
    });
    const lost = lines.filter((line) => line.startsWith('not made again')).join('\n');
    for (const name of ['projects_by_hand', 'odd ones_pkey', 'mood base', 'projects.colour'])
      expect(lost).toContain(name);
    expect(lost).not.toContain('idempotency_records');
  });

  test('never print an address with its password', async () => {
    const { backupId } = await run('backup', '--to', backups);
    const target = 'postgres://u:hun#ter2@h/d';
    const restoring = run('restore', '--from', backups, '--backup', `${backupId}`, '--to', target);
    const error = await restoring.catch((thrown: unknown) => thrown);
    expect(explain(error)).toContain('is no URL');
  });

  test('never restore into the live database', async () => {
    const spelledAnew = source.replace('postgres://', 'postgresql://');
    await expect(run('restore', '--from', backups, '--to', spelledAnew)).rejects.toThrow('live database');
  });

  test.each([
    [[]],
    [['backup']],
    [['backup', '--to', 'a', '--from', 'b']],
    [['verify', '--to', 'a']],
    [['restore', '--from', 'a', '--to', 'b']],
    [['restore', '--into', 'a']],
    [['backup', '--to', 'a', '--accept-drift']],
  ])('explain themselves: %j', (args) => {
    expect(() => readBackupArguments(args)).toThrow('Usage: npm run db:backup');
  });
});

test('what migrations do concurrently is done within the transaction of a restore', () => {
  for (const words of [
    'CREATE INDEX',
    'create  unique\nindex',
    'drop index',
    'reindex index',
    'reindex table',
  ])
    expect(withoutConcurrently(`${words} concurrently "x"`)).toBe(`${words} "x"`);
});

test('a role that may not read a sequence makes no backup: a restore would begin it anew', async () => {
  const source = await createDatabase(inject('templateDatabase'));
  const role = 'plinth_sees_no_sequence';
  await inDatabase(source, (sql) =>
    sql.unsafe(`create role ${role} login password 'reader'; grant usage on schema public, drizzle to ${role};
      grant select on all tables in schema public, drizzle to ${role}`),
  );
  const DATABASE_URL = Object.assign(new URL(source), { username: role, password: 'reader' }).href;
  try {
    const args = readBackupArguments(['backup', '--to', join(folder, 'blind')]);
    const backingUp = runBackupCommand(args, { ...process.env, DATABASE_URL }, () => {});
    await expect(backingUp).rejects.toThrow('may not read the sequence health_transitions_id_seq');
  } finally {
    await inDatabase(source, (sql) => sql.unsafe(`drop owned by ${role}; drop role ${role}`));
  }
});
