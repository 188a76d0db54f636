import { EventEmitter } from 'node:events';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import type postgres from 'postgres';
import { type Contestant, payload } from './contestant.ts';

const silent = new Logger(() => () => {});

/**
 * A worker with the settings that https://worker.graphile.org/docs/performance gives for throughput, and a local queue of `size`: so many
 * runs are claimed at once. It has no other way to be driven in batches. A completed run is removed: there is no history.
 */
export async function createGraphileWorker(
  url: string,
  sql: postgres.Sql,
  size: number,
): Promise<Contestant> {
  const utils = await makeWorkerUtils({ connectionString: url, logger: silent });
  await utils.migrate();
  return {
    name: `graphile-worker, local queue of ${size}`,
    async seed(runs) {
      await utils.addJobs(Array.from({ length: runs }, () => ({ identifier: 'bench', payload })));
      await sql`vacuum analyze graphile_worker._private_jobs`;
    },
    async drain(runs) {
      const events = new EventEmitter();
      // Not counted: connecting and looking at its tables.
      let startedAt = 0;
      events.once('worker:create', () => {
        startedAt = performance.now();
      });
      let done = 0;
      const ended = Promise.withResolvers<void>();
      const runner = await run({
        connectionString: url,
        logger: silent,
        events,
        noHandleSignals: true,
        taskList: {
          bench: () => {
            if (++done === runs) ended.resolve();
          },
        },
        preset: {
          worker: {
            concurrentJobs: 24,
            maxPoolSize: 25,
            localQueue: { size },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
          },
        },
      });
      await ended.promise;
      // Writes the completions that are under way.
      await runner.stop();
      const tookMs = performance.now() - startedAt;
      const [left] = await sql`select count(*)::int as count from graphile_worker._private_jobs`;
      if (done !== runs || left?.count !== 0)
        throw new Error(`graphile-worker did ${done} of ${runs} runs, and ${left?.count} are left`);
      return tookMs;
    },
    close: async () => utils.release(),
  };
}
