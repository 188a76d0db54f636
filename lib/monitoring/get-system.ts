import * as z from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { getConfig } from '#lib/config/get-config.ts';
import type { Context } from '#lib/context.ts';
import { getProcessState } from '#lib/runtime/process-state.ts';

const Bytes = z.int();

export const SystemReport = z
  .object({
    asOf: z.iso.datetime(),
    stage: z.string(),
    release: z.string(),
    commit: z.string(),
    builtAt: z.string().nullable(),
    runtime: z.object({ node: z.string(), platform: z.string(), architecture: z.string() }),
    phase: z.enum(['starting', 'ready', 'stopping']),
    startedAt: z.iso.datetime(),
    uptimeSeconds: z.number(),
    initMs: z
      .number()
      .meta({ description: 'From the start of the process until its handlers were defined.' }),
    invocations: z.int().meta({ description: 'Requests and runs of this instance so far.' }),
    memory: z.object({
      rssBytes: Bytes,
      heapUsedBytes: Bytes,
      heapTotalBytes: Bytes,
      externalBytes: Bytes,
      limitBytes: Bytes.optional().meta({ description: 'Of the function; left out elsewhere.' }),
      usedShare: z.number().optional(),
    }),
    cpu: z.object({ userMs: z.number(), systemMs: z.number() }),
    eventLoopDelay: z
      .object({ p50Ms: z.number(), p99Ms: z.number(), maxMs: z.number() })
      .meta({ description: 'How late timers came while invocations ran.' }),
  })
  .meta({ id: 'SystemReport', description: 'About the one instance that answers.' });
export type SystemReport = z.output<typeof SystemReport>;

/** The release that runs, and how the instance does that answers; no value of the environment but the names of stage and release. */
export async function getSystem({ now }: Context<Actor>): Promise<SystemReport> {
  const { PLINTH_STAGE, RELEASE, COMMIT, BUILT_AT } = getConfig();
  return {
    asOf: now.toISOString(),
    stage: PLINTH_STAGE,
    release: RELEASE,
    commit: COMMIT,
    builtAt: BUILT_AT || null,
    runtime: { node: process.version, platform: process.platform, architecture: process.arch },
    ...getProcessState(),
  };
}
