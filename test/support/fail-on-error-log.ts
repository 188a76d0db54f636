import { afterEach, beforeEach, expect, type MockInstance, vi } from 'vitest';
import { logger } from '#lib/observability/logger.ts';

let errorLog: MockInstance<typeof logger.error>;

beforeEach(() => {
  errorLog = vi.spyOn(logger, 'error');
});

afterEach(() => {
  const unexpected = errorLog.mock.calls.map(([message, details]) => ({ message, details }));
  errorLog.mockRestore();
  expect(unexpected, 'an error was logged that the test did not expect').toEqual([]);
});

/** Declares that the test provokes an error log: returns the calls so far and forgets them. */
export function takeErrorLogs(): unknown[][] {
  const calls = [...errorLog.mock.calls];
  errorLog.mockClear();
  return calls;
}
