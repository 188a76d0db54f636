import { demoLogins } from '#drizzle/seed.ts';
import { ConfigError } from '#lib/config/parse-config.ts';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { startGateway } from './gateway.ts';
import { startJobTicker } from './job-ticker.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { assertPortFree } from './ports.ts';
import { startStack } from './stack.ts';

const stopTimeoutMs = 2_800;
const startedAt = performance.now();

let stopping: Promise<void> | undefined;

try {
  await start();
} catch (error) {
  // What was starting fails when it is stopped on the way; the stop ends the process.
  await stopping;
  if (!(error instanceof LocalSetupError || error instanceof ConfigError)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
}

async function start(): Promise<void> {
  const port = readPort();
  const unknown = process.argv.slice(2).filter((argument) => argument !== '--fresh');
  if (unknown.length > 0)
    throw new LocalSetupError(`${unknown.join(' ')} is not an option; --fresh is the only one.`);
  await assertPortFree(port);
  const parts: (() => Promise<void>)[] = [];
  stopOnSignal(parts);
  await startStack(port, report, { isFresh: process.argv.includes('--fresh'), closers: parts });
  const gateway = await startGateway({ port, stage: 'local' });
  parts.push(() => gateway.stop());
  report(`gateway: ${gateway.url}`);
  const { jobs } = await loadOperations();
  const ticker = startJobTicker(jobs, report);
  parts.push(() => ticker.stop());
  const scheduled = jobs.filter(({ spec }) => spec.schedule);
  report(`job ticker: ${scheduled.map(({ spec }) => `${spec.id} at ${spec.schedule}`).join(', ')}`);
  printWelcome(`http://localhost:${port}`);
}

/** Ends the parts that run, last first, and then the process. A second signal changes nothing. */
function stopOnSignal(parts: (() => Promise<void>)[]): void {
  const stop = async () => {
    // Ends us even when a part does not: nothing here needs more than a moment.
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    for (const end of parts.splice(0).toReversed()) await end();
    console.log('Stopped; the data is kept in .local/');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      stopping ??= stop();
    });
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
