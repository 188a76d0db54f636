import { demoLogins } from '#drizzle/seed.ts';
import { ConfigError } from '#lib/config/parse-config.ts';
import { LocalSetupError } from './local-setup-error.ts';

const stopTimeoutMs = 2_800;
const startedAt = performance.now();

/**
 * Runs what starts a local server until Ctrl-C. `start` adds what ends each part as soon as it runs; the end is last first. What a
 * developer can put right is one sentence, and exit code 1.
 */
export async function runSession(start: (parts: (() => Promise<void>)[]) => Promise<void>): Promise<void> {
  const parts: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    // Ends us even when a part does not: nothing here needs more than a moment.
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    for (const end of parts.splice(0).toReversed()) await end();
    console.log('Stopped; the data is kept in .local/');
    process.exit(0);
  };
  // A second signal changes nothing.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      stopping ??= stop();
    });
  try {
    await start(parts);
  } catch (error) {
    // What was starting fails when it is stopped on the way; the stop ends the process.
    await stopping;
    if (!(error instanceof LocalSetupError || error instanceof ConfigError)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}

/** PORT, 3000 when it is not set; throws `LocalSetupError`. */
export function readPort(): number {
  const port = Number(process.env.PORT || 3000);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new LocalSetupError(`PORT is "${process.env.PORT}": set it to a number from 1 to 65535.`);
}

/** Tells what has happened, with the seconds since the start. */
export function report(step: string): void {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${step}`);
}

/** Says where the API is, who may log in, and what to try. */
export function printWelcome(url: string): void {
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
