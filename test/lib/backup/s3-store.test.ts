import { beforeEach, expect, test } from 'vitest';
import { handler as backUpDatabase } from '#functions/jobs/back-up-database.ts';
import { handler as drillRestore } from '#functions/jobs/drill-restore.ts';
import { openStore } from '#lib/backup/store.ts';
import { parseConfig } from '#lib/config/parse-config.ts';
import { runJob } from '#test/support/run-job.ts';
import { failures, objects } from '#test/support/s3-server.ts';
// The calls ask Redis for their circuit breaker.
import '#test/support/tenant.ts';

beforeEach(() => objects.clear());

test('objects are put, read, listed over pages and removed, below the prefix only', async () => {
  const store = openStore('s3://bucket/plinth/prod/');
  objects.set('bucket/plinth/production/other', Buffer.from('not ours'));
  const paths = ['20261121T021700Z-abcdef/manifest.json', 'a.00000', 'a.00001', 'b.00000', 'c'];
  for (const path of paths) await store.put(path, Buffer.from(`what ${path} holds`));
  expect([...objects.keys()]).toContain('bucket/plinth/prod/a.00001');
  expect((await store.list()).sort()).toEqual(paths.sort());
  expect((await store.get('a.00001'))?.toString()).toBe('what a.00001 holds');
  await store.remove('a.00001');
  await store.remove('a.00001');
  expect(await store.get('a.00001')).toBeUndefined();
  expect(objects.size).toBe(paths.length);
});

test('a bucket without a prefix holds backups as well', async () => {
  const store = openStore('s3://bucket');
  await store.put('id/manifest.json', Buffer.from('{}'));
  expect(await store.list()).toEqual(['id/manifest.json']);
  expect([...objects.keys()]).toEqual(['bucket/id/manifest.json']);
});

test('what S3 refuses is an error that names the reason: a bucket that is missing is not an object that is', async () => {
  const store = openStore('s3://bucket/prefix');
  failures.push({ status: 403, code: 'AccessDenied' });
  await expect(store.put('a', Buffer.from('a'))).rejects.toThrow('S3 answers 403 (AccessDenied) to PUT a');
  failures.push({ status: 404, code: 'NoSuchBucket' });
  await expect(store.get('a')).rejects.toThrow('NoSuchBucket');
  failures.push({ status: 403, code: 'AccessDenied' });
  await expect(store.list()).rejects.toThrow('AccessDenied');
});

test.each([
  's3://',
  's3://B_cket/prefix',
  's3://bucket/pre fix',
  's3://bucket/a//b',
  's3://bucket/..',
  'https://bucket.example',
  'ftp://x',
])('%s is no place for backups', (url) => {
  expect(() => openStore(url)).toThrow(url);
});

test('where no place for backups is set, both jobs end well, say so and do nothing', async () => {
  expect(await runJob(backUpDatabase)).toMatchObject({
    outcome: 'succeeded',
    skipped: expect.stringMatching(/^BACKUP_URL/),
  });
  expect(await runJob(drillRestore)).toMatchObject({
    outcome: 'succeeded',
    skipped: expect.stringMatching(/^BACKUP_URL/),
  });
  expect(objects.size).toBe(0);
});

test.each([
  [{ BACKUP_KEY: 'short' }, 'BACKUP_KEY must be 256 random bits'],
  [
    { BACKUP_KEY: process.env.AUTH_SECRET, PLINTH_STAGE: 'dev' },
    'BACKUP_KEY must be random, and neither AUTH_SECRET nor AUTH_SECRET_FORMER in stage dev',
  ],
  [
    { BACKUP_URL: '/folder', PLINTH_STAGE: 'prod' },
    'BACKUP_URL must be s3://bucket/prefix and end in no slash in stage prod',
  ],
])('settings %j: %s', (settings, problem) => {
  expect(() => parseConfig({ ...process.env, ...settings })).toThrow(problem);
});
