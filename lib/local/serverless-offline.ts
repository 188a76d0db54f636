import { createRequire, Module } from 'node:module';
import { join } from 'node:path';
import type { GatewayServer } from './gateway-differences.ts';

export type ServerlessOffline = {
  start(): Promise<void>;
  end(skipExit: true): Promise<void>;
  internals(): { getApiGatewayServer(): GatewayServer; getEvents(): { scheduleEvents: unknown[] } };
};

type Log = Record<
  'debug' | 'error' | 'info' | 'notice' | 'verbose' | 'warning',
  (...parts: unknown[]) => void
>;
type Options = Record<string, unknown> & { stage: string };
type FunctionDefinition = { events: { httpApi?: string }[]; environment?: unknown };
type Configuration = { provider: Record<string, unknown> } & Record<string, unknown>;
type Service = {
  functions: Record<string, FunctionDefinition>;
  load(options: Options): Promise<void>;
  mergeArrays(): void;
  setFunctionNames(options: Options): void;
};
type Serverless = { service: Service };

// None of these entry points has types.
const require = createRequire(import.meta.url);
const configurationFilename = 'serverless.yml';

/**
 * serverless-offline for the HTTP functions of `serverless.yml`, and their routes. The schedules are left out, for they are not those of
 * AWS, and so is the environment: in one process all functions have the environment of that process.
 */
export async function loadServerlessOffline(
  serviceDir: string,
  options: Options,
  log: Log,
): Promise<{ offline: ServerlessOffline; routeKeys: string[] }> {
  const configuration = await readConfiguration(serviceDir, options);
  const Serverless: new (input: object) => Serverless = require('serverless');
  const serverless = new Serverless({
    configuration,
    serviceDir,
    configurationFilename,
    commands: ['offline'],
    options,
  });

  // What its command line does before it runs a command, without the 2 s for its AWS plugins and for its schema.
  const { service } = serverless;
  await service.load(options);
  service.mergeArrays();
  service.setFunctionNames(options);
  for (const definition of Object.values(service.functions)) {
    definition.events = definition.events.filter((event) => 'httpApi' in event);
    delete definition.environment;
  }
  const routeKeys = Object.values(service.functions)
    .flatMap(({ events }) => events.map(({ httpApi = '*' }) => httpApi))
    .map((routeKey) => (routeKey === '*' ? '$default' : routeKey));

  keepTypeScriptNative();
  const plugin = require('serverless-offline') as { default: new (...input: unknown[]) => ServerlessOffline };
  return { offline: new plugin.default(serverless, options, { log }), routeKeys };
}

async function readConfiguration(serviceDir: string, options: Options): Promise<Configuration> {
  const read: (path: string) => Promise<Configuration> = require('serverless/lib/configuration/read.js');
  const resolveVariables: (
    input: object,
  ) => Promise<void> = require('serverless/lib/configuration/variables/index.js');
  const configuration = await read(join(serviceDir, configurationFilename));
  // May point at what exists on AWS only.
  delete configuration.provider.environment;
  delete configuration.resources;
  await resolveVariables({ serviceDir, configuration, options });
  return configuration;
}

/**
 * serverless-offline loads TypeScript through tsx, and so does all that is loaded after its first request. Node loads
 * the same files by itself before: with one way for all there is no esbuild process, and no syntax that only works here.
 */
function keepTypeScriptNative(): void {
  const filename = createRequire(require.resolve('serverless-offline')).resolve('tsx/esm/api');
  const withoutHooks = new Module(filename);
  withoutHooks.exports = { register() {} };
  withoutHooks.loaded = true;
  require.cache[filename] = withoutHooks;
}
