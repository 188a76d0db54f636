import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const megabyte = 1024 * 1024;

/** The modules of a process that has just begun. */
async function newProcess() {
  vi.resetModules();
  const state = await import('#lib/runtime/process-state.ts');
  const { hostInvocation } = await import('#lib/runtime/host-invocation.ts');
  const { logger } = await import('#lib/observability/logger.ts');
  const warn = vi.spyOn(logger, 'warn').mockReturnValue();
  return { ...state, hostInvocation, warn };
}

let clockMs = 0;
beforeEach(() => {
  clockMs = Math.round(performance.now());
  pass(0);
  vi.stubEnv('AWS_LAMBDA_FUNCTION_MEMORY_SIZE', '512');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Moves `performance.now()` on without waiting; timers do not notice. */
function pass(ms: number): void {
  clockMs += ms;
  vi.spyOn(performance, 'now').mockImplementation(() => clockMs);
}

/** Lets the timers of an invocation under way fire. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('the state of a process', () => {
  test('is plain, and has what an operator asks for', async () => {
    const { getProcessState } = await newProcess();
    const state = getProcessState();
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    expect(state).toMatchObject({
      phase: 'starting',
      invocations: 0,
      memory: { rssBytes: expect.any(Number), limitBytes: 512 * megabyte, usedShare: expect.any(Number) },
      cpu: { userMs: expect.any(Number), systemMs: expect.any(Number) },
      eventLoopDelay: { p50Ms: 0, p99Ms: 0, maxMs: 0 },
    });
    expect(Date.parse(state.startedAt)).toBeLessThan(Date.now());
    expect(state.uptimeSeconds).toBeGreaterThanOrEqual(0);
  });

  test('has no limit of memory outside of Lambda', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_MEMORY_SIZE', undefined);
    const { getProcessState } = await newProcess();
    expect(getProcessState().memory).not.toHaveProperty('limitBytes');
  });

  test('goes from starting to ready to stopping, and counts invocations, failed ones too', async () => {
    const { getProcessState, hostInvocation, markStopping } = await newProcess();
    await hostInvocation(1_000, false, async () => {
      expect(getProcessState()).toMatchObject({ phase: 'ready', invocations: 1 });
    });
    const fault = Promise.reject(new Error('a fault'));
    await expect(hostInvocation(1_000, false, () => fault)).rejects.toThrow('a fault');
    expect(getProcessState()).toMatchObject({ phase: 'ready', invocations: 2 });
    markStopping();
    expect(getProcessState().phase).toBe('stopping');
  });

  test('has the initialization end with the last handler before the first invocation', async () => {
    const { getProcessState, hostInvocation, markDefined } = await newProcess();
    const initMs = () => getProcessState().initMs;
    markDefined();
    const first = initMs();
    pass(300);
    markDefined();
    expect(initMs() - first).toBe(300);
    const last = initMs();
    pass(5_000);
    await hostInvocation(1_000, false, async () => {});
    markDefined();
    expect(initMs()).toBe(last);
  });
});

describe('memory', () => {
  const use = (megabytes: number) =>
    vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(megabytes * megabyte);

  test('is warned of once above 80 % and once above 90 %', async () => {
    const { hostInvocation, warn } = await newProcess();
    for (const megabytes of [400, 415, 430, 400, 415, 470, 500]) {
      use(megabytes);
      pass(1_001);
      await hostInvocation(1_000, false, async () => {});
    }
    expect(
      warn.mock.calls.map(([message, extra]) => [message, (extra as { usedShare: number }).usedShare]),
    ).toEqual([
      ['memory is nearly used up', 0.811],
      ['memory is nearly used up', 0.918],
    ]);
  });

  test('is looked at once a second at most', async () => {
    const { hostInvocation } = await newProcess();
    const rss = use(100);
    for (let request = 0; request < 100; request++) {
      pass(100);
      await hostInvocation(1_000, false, async () => {});
    }
    expect(rss).toHaveBeenCalledTimes(10);
  });

  test('has no limit to warn of outside of Lambda', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_MEMORY_SIZE', undefined);
    const { hostInvocation, warn } = await newProcess();
    use(100_000);
    await hostInvocation(1_000, false, async () => {});
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('the delay of the event loop', () => {
  test('shows what blocks it during an invocation, whether a timer comes behind or not', async () => {
    const { getProcessState, hostInvocation } = await newProcess();
    const maxMs = () => getProcessState().eventLoopDelay.maxMs;
    await hostInvocation(1_000, false, async () => pass(220));
    expect(maxMs()).toBeCloseTo(200, 0);
    await hostInvocation(1_000, false, async () => {
      pass(420);
      await turn();
    });
    expect(maxMs()).toBeCloseTo(400, 0);
    const { p50Ms, p99Ms } = getProcessState().eventLoopDelay;
    expect(p50Ms).toBeLessThanOrEqual(p99Ms);
  });

  test('is not what a process was frozen between two invocations', async () => {
    const { getProcessState, hostInvocation } = await newProcess();
    await hostInvocation(1_000, false, async () => {});
    pass(3_600_000);
    await turn();
    await hostInvocation(1_000, false, async () => {});
    expect(getProcessState().eventLoopDelay.maxMs).toBe(0);
  });

  test('goes on while one of several invocations is under way', async () => {
    const { getProcessState, hostInvocation } = await newProcess();
    await hostInvocation(1_000, false, async () => {
      await hostInvocation(1_000, false, async () => {});
      pass(320);
    });
    expect(getProcessState().eventLoopDelay.maxMs).toBeCloseTo(300, 0);
  });
});
