import { join } from 'node:path';
import { type FunctionInstance, startInstance } from './function-instance.ts';
import type { PackagedFunction } from './packaged-functions.ts';
import { unpackZip } from './unpack-zip.ts';

export interface FunctionFleet {
  /** The answer of a function; rejects with `FunctionError`. */
  invoke(id: string, event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** One instance of each function, started at its first event and again after its end; events wait for each other. */
export function startFleet(
  functions: readonly PackagedFunction[],
  folder: string,
  report: (line: string) => void,
): FunctionFleet {
  const instances = new Map<string, Promise<FunctionInstance>>();
  let isStopped = false;

  const start = async (id: string) => {
    const packaged = functions.find((candidate) => candidate.id === id);
    if (!packaged || isStopped)
      throw new Error(packaged ? 'The functions are stopped' : `There is no function ${id}`);
    const unpacked = join(folder, id);
    unpackZip(packaged.zip, unpacked);
    const instance = await startInstance(packaged, unpacked, (output) => process.stdout.write(output));
    report(`${id}: process ${instance.pid}, initialized in ${instance.initMs.toFixed(0)} ms`);
    return instance;
  };
  const find = (id: string): Promise<FunctionInstance> => {
    const known = instances.get(id);
    if (known) return known;
    const starting = start(id);
    instances.set(id, starting);
    const forget = () => instances.delete(id);
    starting.then(({ ended }) => ended).then(forget, forget);
    return starting;
  };
  return {
    invoke: async (id, event) => (await find(id)).invoke(event),
    async stop() {
      isStopped = true;
      // One that could not be initialized has ended already.
      const stopOne = (starting: Promise<FunctionInstance>) =>
        starting.then(
          (instance) => instance.stop(),
          () => undefined,
        );
      await Promise.all([...instances.values()].map(stopOne));
    },
  };
}
