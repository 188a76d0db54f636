/** What every run of every contestant carries. */
export const payload = { organizationId: '01981f00-0000-7000-8000-000000000000', attempt: 1, kind: 'bench' };

export interface Contestant {
  readonly name: string;
  /** Puts that many runs into its empty tables, and has PostgreSQL count them. */
  seed(runs: number): Promise<void>;
  /** Claims and completes all of them; returns how many milliseconds that took. Throws unless each was done once. */
  drain(runs: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * One worker: while the end of a batch is written, it claims the next one. At most one write is under way, so what is claimed never waits
 * for more than that.
 */
export async function drainInBatches<T>(
  runs: number,
  claim: () => Promise<readonly T[]>,
  complete: (claimed: readonly T[]) => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  let completed = 0;
  let writing: Promise<unknown> = Promise.resolve();
  for (;;) {
    const [claimed] = await Promise.all([claim(), writing]);
    if (claimed.length === 0) break;
    writing = complete(claimed).then((count) => {
      completed += count;
    });
  }
  const tookMs = performance.now() - startedAt;
  if (completed !== runs) throw new Error(`${completed} of ${runs} runs were completed`);
  return tookMs;
}
