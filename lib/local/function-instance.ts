import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FunctionError, startRuntimeApi } from './runtime-api.ts';

export interface FunctionSpec {
  readonly id: string;
  /** As Lambda names it: `functions/projects/get-project.handler`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface FunctionInstance {
  readonly pid: number;
  /** From the start of the process to its first request for an event. */
  readonly initMs: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** The answer of the handler; rejects with `FunctionError`. An instance that did not answer in time has ended. */
  invoke(event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

const standIn = join(import.meta.dirname, 'rapid-client.cjs');
const runtimeClient = createRequire(import.meta.url).resolve('aws-lambda-ric');
// What Node has added since, and Lambda leaves off.
const nodeOptions = ['--no-experimental-require-module', '--no-experimental-detect-module'];

/**
 * Starts the code in `folder`, unpacked as Lambda does it, in a process under AWS's own runtime client. Of the environment of this process
 * it sees nothing. Throws `FunctionError` when it cannot be initialized; `report` gets what it prints.
 */
export async function startInstance(
  spec: FunctionSpec,
  folder: string,
  report: (output: string) => void,
): Promise<FunctionInstance> {
  const { id, handler, timeoutSeconds, memoryMb, environment } = spec;
  const api = await startRuntimeApi(id, timeoutSeconds);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, '--require', standIn, runtimeClient], {
    cwd: folder,
    env: {
      ...environment,
      PATH: process.env.PATH,
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: folder,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_REGION: 'local',
      AWS_LAMBDA_FUNCTION_NAME: id,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${id}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (output: string) => report(output));
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      api.close(new FunctionError('Runtime.ExitError', `${id} ended with ${signal ?? code}`));
      resolve();
    });
  });
  const stop = async () => {
    // As Lambda ends an instance without extensions: at once.
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await api.initialized;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    initMs: performance.now() - startedAt,
    ended,
    async invoke(event) {
      try {
        return await api.invoke(event);
      } catch (error) {
        if (error instanceof FunctionError && error.type === 'Sandbox.Timedout') await stop();
        throw error;
      }
    },
    stop,
  };
}
