import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findFreePort } from '#lib/local/ports.ts';
import { waitUntilListening } from './candidates/wait-until-listening.ts';
import { removeAtEnd } from './leftovers.ts';

/** A real Redis that keeps nothing; ends this process when there is none on the PATH. */
export async function startRedisServer(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await findFreePort();
  const child = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  });
  child.once('error', () => {
    console.error('redis-server is not on PATH: the rate limits of all that is measured are kept there');
    process.exit(1);
  });
  await once(child, 'spawn');
  const isGone = removeAtEnd({ pid: child.pid ?? 0 });
  await waitUntilListening(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
      isGone();
    },
  };
}
