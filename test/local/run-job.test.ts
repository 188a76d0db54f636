import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { defineJob } from '#lib/jobs/define-job.ts';
import { Continuation } from '#lib/jobs/job-spec.ts';
import { readJobArguments, runJobLocally } from '#lib/local/run-job.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';
import { sql } from '#test/support/tenant.ts';

const specOf = () => ({ id: `test-${randomUUID()}`, summary: '', timeoutSeconds: 60 });

test('a job runs at the slot it is told, over its checkpoints to the end, and its progress is seen', async () => {
  const times: unknown[] = [];
  const job = defineJob(specOf(), async ({ ctx, checkpoint }) => {
    times.push(ctx.slot);
    const done = Number(checkpoint ?? 0) + 1;
    ctx.progress(done, 2);
    return done < 2 ? new Continuation(done) : { done };
  });
  const lines: string[] = [];
  const at = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  const delivery = await runJobLocally(job, { at }, (line) => lines.push(line));
  expect(delivery).toMatchObject({ outcome: 'succeeded', done: 2 });
  expect(lines).toEqual(['progress: 1 of 2', 'goes on from its checkpoint', 'progress: 2 of 2']);
  expect(times).toEqual([at, at]);
  expect(await runJobLocally(job, { at }, () => {})).toMatchObject({ outcome: 'nothing to do' });
});

test('a payload reaches the job, and one that does not fit begins no run', async () => {
  const seen: unknown[] = [];
  const spec = { ...specOf(), payload: z.object({ n: z.number() }) };
  const job = defineJob(spec, async ({ payload }) => void seen.push(payload));
  expect(await runJobLocally(job, { payload: { n: 1 } }, () => {})).toMatchObject({ outcome: 'succeeded' });
  await expect(runJobLocally(job, { payload: { n: 'x' } }, () => {})).rejects.toThrow('does not fit');
  expect(seen).toEqual([{ n: 1 }]);
  const plain = defineJob(specOf(), async () => ({}));
  await expect(runJobLocally(plain, { payload: 1 }, () => {})).rejects.toThrow('takes no payload');
});

test('a run that fails says so, and is in the ledger', async () => {
  const spec = { ...specOf(), retry: { maxAttempts: 1, baseSeconds: 0, maxSeconds: 0 } };
  const job = defineJob(spec, () => Promise.reject(new Error('boom')));
  expect(await runJobLocally(job, {}, () => {})).toMatchObject({ outcome: 'dead' });
  expect(await sql`select state from job_runs where job_id = ${spec.id}`).toMatchObject([{ state: 'dead' }]);
  expect(takeErrorLogs()).toHaveLength(1);
});

const file = join(tmpdir(), `plinth-payload-${randomUUID()}.json`);
writeFileSync(file, '{');

test.each([
  ['no job', [], 'Give the id'],
  ['two jobs', ['a', 'b'], 'Give the id'],
  ['an unknown option', ['a', '--now'], '--now'],
  ['a time that is none', ['a', '--at', 'noon'], 'RFC 3339'],
  ['a slot and a payload', ['a', '--at', '2026-11-21T09:00:00Z', '--payload', file], 'not both'],
  ['a file that is not there', ['a', '--payload', `${file}.gone`], 'ENOENT'],
  ['a file that is no JSON', ['a', '--payload', file], 'JSON'],
])('%s is answered with the usage', (_, args, message) => {
  expect(() => readJobArguments(args)).toThrow(message);
  expect(() => readJobArguments(args)).toThrow('Usage: npm run job');
});
