import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// `npm run test:package`: what `npm run package` made, run as Lambda runs it.
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/package/*.package.ts'],
    globalSetup: ['test/support/global-stack.ts'],
    setupFiles: ['test/support/worker-database.ts', 'test/support/fail-on-error-log.ts'],
    env: { POWERTOOLS_LOG_LEVEL: 'WARN', POWERTOOLS_METRICS_DISABLED: 'true' },
    // One after the other: they print how long functions take to start.
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
