import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadOperations } from '#lib/generate/load-operations.ts';
import { startFleet } from './function-fleet.ts';
import { startJobTicker } from './job-ticker.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { readPackagedFunctions } from './packaged-functions.ts';
import { assertPortFree } from './ports.ts';
import { startRuntimeGateway } from './runtime-gateway.ts';
import { startStack } from './stack.ts';
import { printWelcome, readPort, report, runSession } from './terminal-session.ts';

await runSession(start);

/** What `npm start` runs, but with the functions as they are deployed: from their zips, each in a process under AWS's runtime client. */
async function start(parts: (() => Promise<void>)[]): Promise<void> {
  const port = readPort();
  const [unknown] = process.argv.slice(2);
  if (unknown) throw new LocalSetupError(`${unknown} is not an option; there is none.`);
  await assertPortFree(port);
  // Before anything runs: without packages nothing else is of use.
  readPackagedFunctions();
  await startStack(port, report, { closers: parts });
  const functions = readPackagedFunctions();
  // Outside of the checkout: neither its package.json nor its node_modules are there on AWS.
  const folder = mkdtempSync(join(tmpdir(), 'plinth-packaged-'));
  const fleet = startFleet(functions, folder, report);
  parts.push(async () => {
    await fleet.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const hosts = new Map(
    functions.flatMap(({ id, routeKeys }) => routeKeys.map((routeKey) => [routeKey, id] as const)),
  );
  const gateway = await startRuntimeGateway(port, [...hosts.keys()], (routeKey, event) =>
    fleet.invoke(hosts.get(routeKey) ?? '', event),
  );
  parts.push(() => gateway.stop());
  report(`gateway: ${gateway.url}, ${hosts.size} routes to ${functions.length} packaged functions`);
  const { jobs } = await loadOperations();
  const packagedJobs = jobs
    .filter(({ spec }) => spec.schedule)
    .map((job) => ({
      ...job,
      handler: Object.assign(
        (event: unknown) => fleet.invoke(job.spec.id, event),
        job.handler,
      ) as typeof job.handler,
    }));
  const ticker = startJobTicker(packagedJobs, report);
  parts.push(() => ticker.stop());
  report(`job ticker: ${packagedJobs.length} jobs`);
  printWelcome(`http://localhost:${port}`);
}
