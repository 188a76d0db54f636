import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#lib/config/parse-config.ts';
import { kebabCase, loadOperations } from '#lib/generate/load-operations.ts';
import { lambdaContext } from './job-ticker.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { joinRunningStack, startStack } from './stack.ts';

try {
  await invoke(process.argv[2]);
} catch (error) {
  if (!(error instanceof LocalSetupError || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}

/** Sends the event file of an operation through its handler and prints the answer. */
async function invoke(id: string | undefined): Promise<void> {
  // Read by Powertools when the handlers are imported.
  process.env.POWERTOOLS_METRICS_DISABLED ??= 'true';
  const { endpoints, jobs, tasks } = await loadOperations();
  const operations = [...endpoints, ...jobs, ...tasks];
  const operation = operations.find(({ spec }) => spec.id === id || kebabCase(spec.id) === id);
  if (!operation)
    throw new LocalSetupError(
      `Usage: npm run invoke -- <id>, one of ${operations.map(({ spec }) => spec.id).join(', ')}.`,
    );
  const stack = joinRunningStack() ? undefined : await startStack(3000, console.error);
  const event = readEvent(operation.module);
  if ('access' in operation.spec && operation.spec.access !== 'public')
    event.headers = { ...event.headers, authorization: `Bearer ${await logIn()}` };
  // The slot of an event file is long past.
  if (!('access' in operation.spec || 'onDeploy' in operation.spec)) event.time = new Date().toISOString();
  const timeoutSeconds = operation.spec.timeoutSeconds ?? 10;
  const answer = await operation.handler(event as never, lambdaContext(operation.spec.id, timeoutSeconds));
  console.log(JSON.stringify(answer, null, 2));
  await stack?.close();
  process.exit(0);
}

function readEvent(module: string): Record<string, unknown> & { headers: Record<string, string> } {
  const path = join(import.meta.dirname, '../..', `${module.replace('functions/', 'events/')}.json`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** An access token of the demo owner, whom the event of the login names. */
async function logIn(): Promise<string> {
  const { handler } = await import('#functions/auth/login.ts');
  const answer = await handler(readEvent('functions/auth/login') as never, lambdaContext('login', 10));
  if (answer.statusCode !== 200)
    throw new LocalSetupError(
      `The demo owner cannot log in (${answer.statusCode}): npm start -- --fresh makes a new one.`,
    );
  return JSON.parse(answer.body ?? '{}').accessToken;
}
