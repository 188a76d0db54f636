import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Done, Work } from './worker.ts';

/** A candidate in a process of its own, which writes its log to /dev/null. */
export class CandidateProcess {
  readonly #child: ChildProcess;

  constructor(bundle: string, environment: Record<string, string>, execArgv: readonly string[] = []) {
    this.#child = fork(join(import.meta.dirname, 'worker.ts'), [bundle], {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        AWS_REGION: 'eu-central-1',
        AWS_LAMBDA_FUNCTION_NAME: 'bench',
        ...environment,
      },
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  async ready(): Promise<this> {
    await this.#answer();
    return this;
  }

  do(work: Work): Promise<Done> {
    this.#child.send(work);
    return this.#answer() as Promise<Done>;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #answer(): Promise<unknown> {
    const waiting = new AbortController();
    const { signal } = waiting;
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('the candidate has ended');
    });
    try {
      const [answer] = await Promise.race([once(this.#child, 'message', { signal }), ended]);
      return answer;
    } finally {
      ended.catch(() => {});
      waiting.abort();
    }
  }
}
