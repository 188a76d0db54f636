import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DeployTask } from '#lib/deploy/define-deploy-task.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import type { AnyEndpointSpec } from '#lib/http/endpoint-spec.ts';
import type { Job } from '#lib/jobs/define-job.ts';
import type { JobSpec } from '#lib/jobs/job-spec.ts';
import { assertDeprecationsSound } from './deprecations.ts';

type Handler = Endpoint | Job | DeployTask;

interface Operation<S> {
  readonly spec: S;
  /** The folder below functions/. */
  readonly area: string;
  /** From the root, without extension: `functions/projects/create-project`. */
  readonly module: string;
}

export type EndpointOperation = Operation<AnyEndpointSpec> & { readonly handler: Endpoint };
// biome-ignore lint/suspicious/noExplicitAny: a list of jobs has jobs of every payload.
export type JobOperation = Operation<JobSpec> & { readonly handler: Job<any> };
// biome-ignore lint/suspicious/noExplicitAny: and a list of tasks those of every command.
export type TaskOperation = Operation<DeployTask<any>['spec']> & { readonly handler: DeployTask<any> };

export interface Operations {
  readonly endpoints: EndpointOperation[];
  readonly jobs: JobOperation[];
  readonly tasks: TaskOperation[];
}

/** Name of the generated file that hosts a whole area in one Lambda. */
export const routerFile = 'router.ts';
/** Name of the generated list of jobs that the dispatcher carries out. */
export const registryFile = 'registry.ts';

const root = join(import.meta.dirname, '../..');

/** Every operation of the product, read off its handler; throws when a file and its operation disagree on the name. */
export async function loadOperations(): Promise<Operations> {
  const endpoints: EndpointOperation[] = [];
  const jobs: JobOperation[] = [];
  const tasks: TaskOperation[] = [];
  for (const file of listHandlerFiles()) {
    const { handler } = (await import(join(root, file))) as { handler: Handler };
    const operation = { area: basename(dirname(file)), module: file.replace(/\.ts$/, '') };
    if (kebabCase(handler.spec.id) !== basename(file, '.ts'))
      throw new Error(`${file}: the operation id is "${handler.spec.id}", the file name says otherwise`);
    if ('isDeployTask' in handler) tasks.push({ ...operation, spec: handler.spec, handler });
    else if (isJob(handler)) jobs.push({ ...operation, spec: handler.spec, handler });
    else {
      assertSound(handler.spec);
      endpoints.push({ ...operation, spec: handler.spec, handler });
    }
  }
  assertUnique([...endpoints, ...jobs, ...tasks].map(({ spec }) => spec.id));
  assertUnique(endpoints.map(({ spec }) => `${spec.method} ${spec.path}`));
  assertDeprecationsSound(endpoints.map(({ spec }) => spec));
  return { endpoints, jobs, tasks };
}

/** The files that hold one operation each, from the root, sorted. */
export function listHandlerFiles(): string[] {
  return (
    readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
      .filter(isHandlerFile)
      .map((file) => `functions/${file.replace(/\.ts$/, '')}`)
      // Without the extension, as the formatter sorts imports: `get-docs` before `get-docs-asset`.
      .sort()
      .map((module) => `${module}.ts`)
  );
}

/** Whether a file below functions/ holds an operation. */
export function isHandlerFile(file: string): boolean {
  return /^[a-z-]+\/[a-z0-9-]+\.ts$/.test(file) && ![routerFile, registryFile].includes(basename(file));
}

export function kebabCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function isJob(handler: Endpoint | Job): handler is Job {
  return 'run' in handler;
}

/** What the types cannot say about a spec. */
function assertSound({ id, method, path, params, body, response }: AnyEndpointSpec): void {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  const declared = Object.keys(params?.shape ?? {}).sort();
  if (inPath.join() !== declared.join())
    throw new Error(`${id}: the path has {${inPath}}, params declare {${declared}}`);
  if (method === 'GET' && body) throw new Error(`${id}: a GET has no body`);
  if ([202, 204].includes(response.status) === Boolean(response.schema) && path !== '$default')
    throw new Error(`${id}: a 202 or 204 has no body, everything else has a schema`);
}

// Serverless merges fragments with lodash: the second of two equal names would silently swallow the first.
function assertUnique(names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated) throw new Error(`"${repeated}" is declared twice`);
}
