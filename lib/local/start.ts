import { ConfigError } from '#lib/config/get-config.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { demoLogins } from '../../drizzle/seed.ts';
import { startGateway } from './gateway.ts';
import { startJobTicker } from './job-ticker.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { assertPortFree } from './ports.ts';
import { removeLocalDatabase, startStack } from './stack.ts';

const stopTimeoutMs = 2_800;
const startedAt = performance.now();

try {
  await start();
} catch (error) {
  if (!(error instanceof LocalSetupError || error instanceof ConfigError)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
}

async function start(): Promise<void> {
  const port = readPort();
  await assertPortFree(port);
  if (process.argv.includes('--fresh')) removeLocalDatabase();
  const stack = await startStack(port, report);
  const gateway = await startGateway({ port, stage: 'local' });
  report(`gateway: ${gateway.url}`);
  const { jobs } = await loadOperations();
  const ticker = startJobTicker(jobs, report);
  report(`job ticker: ${jobs.map(({ spec }) => `${spec.id} at ${spec.schedule}`).join(', ')}`);
  printWelcome(`http://localhost:${port}`);

  const stop = async () => {
    // Ends us even when a part does not: nothing here needs more than a moment.
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    await gateway.stop();
    await ticker.stop();
    await stack.close();
    console.log('Stopped; the data is kept in .local/');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);
}

function readPort(): number {
  const port = Number(process.env.PORT || 3000);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new LocalSetupError(`PORT is "${process.env.PORT}": set it to a number from 1 to 65535.`);
}

function report(step: string): void {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${step}`);
}

function printWelcome(url: string): void {
  const [demo] = demoLogins;
  console.log(`
Plinth is ready.

  API    ${url}/api/v1
  Docs   ${url}/docs
  Login  ${demoLogins.map(({ email, password, role, isOperator }) => `${email} / ${password} (${isOperator ? 'operator' : role})`).join('\n         ')}

Try it:

  TOKEN=$(curl -s ${url}/api/v1/auth/login -H 'content-type: application/json' -d '{"email":"${demo.email}","password":"${demo.password}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
  curl -s ${url}/api/v1/projects -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{"name":"My first project"}'
  curl -s "${url}/api/v1/projects?limit=3" -H "authorization: Bearer $TOKEN"

Ctrl-C stops everything.
`);
}
