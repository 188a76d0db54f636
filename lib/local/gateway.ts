import { fileURLToPath } from 'node:url';
import { behaveLikeApiGateway } from './gateway-differences.ts';
import { assertPortFree } from './ports.ts';
import { loadServerlessOffline, type ServerlessOffline } from './serverless-offline.ts';

export type Gateway = {
  url: string;
  /** Lets running requests end, but no longer than 1.5 s. */
  stop(): Promise<void>;
};

const repository = fileURLToPath(new URL('../..', import.meta.url));
const stopTimeoutMs = 1_500;

/**
 * Serves the HTTP functions of serverless.yml on 127.0.0.1, in this process and with its environment. Throws
 * `LocalSetupError` when the port is taken. A time-out of each function outlives its request, so the process has to end
 * by `process.exit`.
 */
export async function startGateway(options: {
  port: number;
  stage: 'local';
  serviceDir?: string;
}): Promise<Gateway> {
  await assertPortFree(options.port);
  const { offline, routeKeys } = await loadServerlessOffline(
    options.serviceDir ?? repository,
    gatewayOptions(options),
    createLog(),
  );
  await startQuietly(offline);
  const server = offline.internals().getApiGatewayServer();
  behaveLikeApiGateway(server, routeKeys);
  return {
    url: server.info.uri,
    async stop() {
      await server.stop({ timeout: stopTimeoutMs });
      await offline.end(true);
    },
  };
}

function gatewayOptions({ port, stage }: { port: number; stage: 'local' }) {
  return {
    stage,
    host: '127.0.0.1',
    httpPort: port,
    lambdaPort: 0,
    useInProcess: true,
    // Would answer 400 to a cookie that AWS hands over.
    disableCookieValidation: true,
    noSponsor: true,
  };
}

function isVerbose(): boolean {
  return process.env.PLINTH_GATEWAY_LOG === '1';
}

function createLog() {
  const silent = () => {};
  const error = (...parts: unknown[]) => console.error(...parts);
  const other = isVerbose() ? error : silent;
  return { debug: silent, verbose: silent, info: other, notice: other, warning: other, error };
}

/** The table of routes does not go through the log. */
async function startQuietly(offline: ServerlessOffline): Promise<void> {
  const { log } = console;
  if (!isVerbose()) {
    console.log = (...parts: unknown[]) => {
      if (!String(parts[0]).includes('/2015-03-31/functions/')) log(...parts);
    };
  }
  try {
    await offline.start();
  } finally {
    console.log = log;
  }
}
