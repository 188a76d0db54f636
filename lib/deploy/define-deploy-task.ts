import middy, { type MiddlewareObj } from '@middy/core';
import type { Context as LambdaContext } from 'aws-lambda';
import type * as z from 'zod';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { hostInvocation } from '#lib/runtime/host-invocation.ts';
import { markDefined } from '#lib/runtime/process-state.ts';
import { answerCloudFormation, answerMs, ResourceEvent } from './custom-resource.ts';

/** The contract of what a deployment runs before new code gets traffic, and operators run by hand. */
export interface DeployTaskSpec<C> {
  /** camelCase; its kebab-case is the file name. */
  readonly id: string;
  readonly summary: string;
  /** At most 900, the limit of Lambda. */
  readonly timeoutSeconds: number;
  /** What an operator may send. */
  readonly command: z.ZodType<C>;
  /** What is done when CloudFormation creates or updates the resource behind which the function is. */
  readonly onDeploy: C;
}

export interface TaskProgress {
  readonly report: (line: string) => void;
  /** On the clock of `performance.now()`: until then it has to be over. */
  readonly deadlineAtMs: number;
}

export interface DeployTask<C = unknown> {
  (event: unknown, context: LambdaContext): Promise<object | undefined>;
  readonly spec: DeployTaskSpec<C>;
  readonly isDeployTask: true;
}

// To notice the end, and to log it.
const reserveMs = 2_000;
// What ends by itself at its deadline says more than we do.
const graceMs = 1_000;

/**
 * A Lambda handler for two callers. CloudFormation is told SUCCESS or FAILED with the reason, in time whatever happens, and the removal of
 * the stack removes nothing. An operator who invokes it with a command gets its result, or its error.
 */
export function defineDeployTask<C>(
  spec: DeployTaskSpec<C>,
  run: (command: C, progress: TaskProgress) => Promise<object>,
): DeployTask<C> {
  const invoke = middy()
    .use(logOutcome(spec.id))
    .handler((async (event: unknown, context: LambdaContext) => {
      const endsAtMs = performance.now() + context.getRemainingTimeInMillis() - reserveMs;
      const progress = {
        report: (line: string) => logger.info(line, { task: spec.id }),
        deadlineAtMs: endsAtMs - answerMs,
      };
      const resource = ResourceEvent.safeParse(event);
      if (!resource.success) return run(spec.command.parse(event), progress);
      const failure =
        resource.data.RequestType === 'Delete'
          ? undefined
          : await failureOf(endInTime(run(spec.onDeploy, progress), progress.deadlineAtMs));
      if (failure) logger.error(`${spec.id} failed`, { task: spec.id, error: failure });
      await answerCloudFormation(resource.data, spec.id, failure?.message, endsAtMs);
      return undefined;
    }) as never) as unknown as DeployTask<C>;
  const handler = (event: unknown, context: LambdaContext) =>
    hostInvocation(context.getRemainingTimeInMillis(), true, (invocation) => {
      invocation.requestId = context.awsRequestId;
      return invoke(event, context);
    });
  markDefined();
  return Object.assign(handler, { spec, isDeployTask: true as const });
}

/** A database that has gone away without a word would keep CloudFormation waiting until Lambda ends the function. */
async function endInTime<T>(work: Promise<T>, deadlineAtMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new Error('It did not end in time, and what became of it is not known. Ask for the status.');
  const timer = setTimeout(() => reject(late), Math.max(0, deadlineAtMs - performance.now()) + graceMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function failureOf(work: Promise<object>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    // Whatever it is: CloudFormation waits for the answer.
    return toError(error);
  }
}

function logOutcome(task: string): MiddlewareObj<unknown, unknown> {
  let startedAtMs = 0;
  const durationMs = () => Math.round(performance.now() - startedAtMs);
  return {
    before: () => {
      startedAtMs = performance.now();
    },
    after: () => {
      logger.info('task ended', { task, durationMs: durationMs() });
    },
    onError: ({ error }) => {
      logger.error('task failed', { task, durationMs: durationMs(), error: toError(error) });
    },
  };
}
