import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type FunctionSpec, startInstance } from '#lib/local/function-instance.ts';

/** A bundle, and what it took to initialize it under AWS's runtime client, each time in a process of its own. */
export class InstanceStarts {
  readonly initMs: number[] = [];
  readonly cpuMs: number[] = [];
  /** From the start of the process to its first answer. */
  readonly answerMs: number[] = [];
  readonly answerCpuMs: number[] = [];
  readonly name: string;
  readonly bundle: string;
  readonly #folder: string;
  readonly #spec: FunctionSpec;

  constructor(name: string, bundle: string, folder = dirname(bundle), environment = {}) {
    this.name = name;
    this.bundle = bundle;
    this.#folder = folder;
    const handler = bundle.slice(folder.length + 1).replace(/\.m?js$/, '.handler');
    this.#spec = { id: 'benchmark', handler, timeoutSeconds: 10, memoryMb: 512, environment };
  }

  get sizeKb(): number {
    return statSync(this.bundle).size / 1024;
  }

  /** About what the zip has. */
  get compressedKb(): number {
    return gzipSync(readFileSync(this.bundle)).length / 1024;
  }

  /** Starts an instance, and has it answer an event if there is one; throws unless the answer is a 200. */
  async start(event?: unknown): Promise<void> {
    let output = '';
    const instance = await startInstance(this.#spec, this.#folder, (text) => {
      output += text;
    });
    try {
      const cpuMs = readCpuMs(instance.pid);
      if (event !== undefined) {
        const startedAt = performance.now();
        const answer = (await instance.invoke(event)) as { statusCode: number };
        this.answerMs.push(instance.initMs + performance.now() - startedAt);
        this.answerCpuMs.push(readCpuMs(instance.pid));
        if (answer.statusCode !== 200)
          throw new Error(`${this.name}: ${JSON.stringify(answer)}\n${output.slice(-2_000)}`);
      }
      this.initMs.push(instance.initMs);
      this.cpuMs.push(cpuMs);
    } finally {
      await instance.stop();
    }
  }

  forget(): void {
    for (const times of [this.initMs, this.cpuMs, this.answerMs, this.answerCpuMs]) times.length = 0;
  }
}

/** What the threads of a process have computed so far; Linux only. It waits for an event, so next to nothing is added now. */
function readCpuMs(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}
