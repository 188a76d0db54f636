import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// `npm run test:fuzz`: generated requests for every operation of the document, judged by the document.
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/fuzz/*.fuzz.ts'],
    globalSetup: ['test/support/global-stack.ts'],
    setupFiles: [
      'test/support/worker-database.ts',
      'test/support/fail-on-error-log.ts',
      'test/support/fail-on-unscoped-statement.ts',
    ],
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
    maxWorkers: 1,
    // One turn of an operation, with what it takes to make a failing request smaller.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
