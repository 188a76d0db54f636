import { loadOperations } from '#lib/generate/load-operations.ts';
import { startGateway } from './gateway.ts';
import { startJobTicker } from './job-ticker.ts';
import { LocalSetupError } from './local-setup-error.ts';
import { assertPortFree } from './ports.ts';
import { startStack } from './stack.ts';
import { printWelcome, readPort, report, runSession } from './terminal-session.ts';

await runSession(start);

async function start(parts: (() => Promise<void>)[]): Promise<void> {
  const port = readPort();
  const unknown = process.argv.slice(2).filter((argument) => argument !== '--fresh');
  if (unknown.length > 0)
    throw new LocalSetupError(`${unknown.join(' ')} is not an option; --fresh is the only one.`);
  await assertPortFree(port);
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
