import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { ConfigError } from '#lib/config/parse-config.ts';
import { kebabCase, loadOperations } from '#lib/generate/load-operations.ts';
import { defineJob } from '#lib/jobs/define-job.ts';
import type { Delivery } from '#lib/jobs/deliver-slot.ts';
import type { AnyJob } from '#lib/jobs/job-spec.ts';
import { claimRun } from '#lib/jobs/ledger/claim-runs.ts';
import { enqueue } from '#lib/jobs/ledger/enqueue.ts';
import { finishRuns } from '#lib/jobs/ledger/finish-runs.ts';
import { runClaimed, stopReserveMs } from '#lib/jobs/run-claimed.ts';
import { lambdaContext, scheduledEvent } from './job-ticker.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { joinRunningStack, startStack } from './stack.ts';

const usage = `Usage: npm run job -- <id> [--at TIME | --payload FILE]

--at       the slot, as 2026-11-21T09:00:00Z; now unless told otherwise. A slot runs once, and not when it is more than a day old
--payload  a JSON file: the run is enqueued with it in place of a slot

Exit code: 0 when the run succeeded, 1 otherwise`;

export interface JobArguments {
  readonly id: string;
  readonly at?: Date;
  readonly payload?: unknown;
}

/** What the command line asks for; throws LocalSetupError with the usage. */
export function readJobArguments(args: string[]): JobArguments {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { at: { type: 'string' }, payload: { type: 'string' } },
    });
    const [id] = positionals;
    if (!id || positionals.length > 1) throw new Error('Give the id of one job.');
    if (values.at !== undefined && values.payload !== undefined)
      throw new Error('A run has a slot or a payload, not both.');
    if (values.payload !== undefined)
      return { id, payload: JSON.parse(readFileSync(values.payload, 'utf8')) };
    if (values.at === undefined) return { id };
    if (!z.iso.datetime({ offset: true }).safeParse(values.at).success)
      throw new Error(`--at ${values.at} is no time in RFC 3339.`);
    return { id, at: new Date(values.at) };
  } catch (error) {
    // Whatever it is, an option, a file or its JSON: the caller gave it.
    throw new LocalSetupError(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Runs a job to its end, over all its checkpoints, and reports its progress on the way. */
export async function runJobLocally(
  { spec, run }: AnyJob,
  { at = new Date(), payload }: Omit<JobArguments, 'id'>,
  report: (line: string) => void,
): Promise<Delivery> {
  const job = defineJob<unknown>(spec, (input) => {
    const progress = (done: number, total?: number) => {
      input.ctx.progress(done, total);
      report(`progress: ${done}${total === undefined ? '' : ` of ${total}`}`);
    };
    return run({ ...input, ctx: { ...input.ctx, progress } });
  });
  const event = scheduledEvent(spec.id, at);
  let delivery =
    payload === undefined
      ? await job(event, lambdaContext(spec.id, spec.timeoutSeconds))
      : await carryOut(job, await enqueuePayload(job, payload));
  while (delivery.outcome === 'scheduled') {
    report('goes on from its checkpoint');
    delivery = await carryOut(job, String(delivery.runId));
  }
  return delivery;
}

async function enqueuePayload({ spec }: AnyJob, payload: unknown): Promise<string> {
  if (!spec.payload) throw new LocalSetupError(`${spec.id} takes no payload.`);
  const parsed = spec.payload.safeParse(payload);
  if (!parsed.success)
    throw new LocalSetupError(`The payload does not fit:\n${z.prettifyError(parsed.error)}`);
  const actor = { type: 'system', jobId: spec.id } as const;
  const signal = new AbortController().signal;
  return enqueue({ actor, requestId: 'npm run job', now: new Date(), signal }, spec, payload);
}

async function carryOut(job: AnyJob, runId: string): Promise<Delivery> {
  const run = await claimRun(runId);
  if (run === undefined)
    return { outcome: 'not begun: the job is paused, or somebody else has the run', runId };
  if (run === 'overlap') return { outcome: 'not begun: another run of the job is under way', runId };
  const finish = await runClaimed(job, run, job.spec.timeoutSeconds * 1000 - stopReserveMs);
  if (!finish || !(await finishRuns([finish])).has(runId)) return { outcome: 'lost', runId };
  const { state, result, errorMessage } = finish;
  return { ...result, ...(errorMessage && { errorMessage }), outcome: state, runId };
}

if (import.meta.main) {
  try {
    const { id, ...when } = readJobArguments(process.argv.slice(2));
    // Read by Powertools when the handlers are imported.
    process.env.POWERTOOLS_METRICS_DISABLED ??= 'true';
    const { jobs } = await loadOperations();
    const job = jobs.find(({ spec }) => spec.id === id || kebabCase(spec.id) === id);
    if (!job)
      throw new LocalSetupError(
        `There is no job ${id}, but ${jobs.map(({ spec }) => spec.id).join(', ')}.\n\n${usage}`,
      );
    const stack = joinRunningStack() ? undefined : await startStack(3000, console.error);
    const delivery = await runJobLocally(job.handler, when, console.error);
    console.log(JSON.stringify(delivery, null, 2));
    await stack?.close();
    process.exit(delivery.outcome === 'succeeded' ? 0 : 1);
  } catch (error) {
    if (!(error instanceof LocalSetupError || error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
