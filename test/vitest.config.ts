import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = join(import.meta.dirname, '..');

// A test that needs the database says so by importing the support for it; all others are quick and part of `verify`.
const testFiles = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/${file}`);
const needsStack = (file: string) =>
  /#test\/support\/(tenant|call)\.ts|lib\/local\/|test\/(local|e2e|drizzle|faults)\//.test(
    file + readFileSync(join(root, file), 'utf8'),
  );

const isFault = (file: string) => file.startsWith('test/faults/');
/** Counts to the number of its criterion in `npm run test:faults`, and to a smaller one in `npm test`. */
const isThorough = (file: string) => readFileSync(join(root, file), 'utf8').includes("inject('isThorough')");

// Before what loads them.
const bundlePackages = 'test/support/bundle-packages.ts';

function stackProject(name: string, isMeant: (file: string) => boolean) {
  return {
    extends: true as const,
    test: {
      name,
      include: testFiles.filter(isMeant),
      globalSetup: [bundlePackages, 'test/support/global-stack.ts'],
      setupFiles: [
        'test/support/worker-database.ts',
        'test/support/fail-on-error-log.ts',
        'test/support/fail-on-unscoped-statement.ts',
      ],
      testTimeout: 20_000,
      hookTimeout: 60_000,
    },
  };
}

export default defineConfig({
  root,
  test: {
    // A test waits more than it computes: one more than the cores less one, which is the default.
    maxWorkers: 2,
    env: {
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      POWERTOOLS_METRICS_DISABLED: 'true',
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: testFiles.filter((file) => !needsStack(file)),
          globalSetup: [bundlePackages],
          setupFiles: ['test/support/fail-on-error-log.ts'],
        },
      },
      stackProject('stack', (file) => needsStack(file) && !isFault(file)),
      // Minutes of waiting for what does not answer, and large numbers: `npm run test:faults`, beside `npm test`.
      stackProject('faults', (file) => isFault(file) || isThorough(file)),
    ],
    coverage: {
      provider: 'v8',
      include: ['functions/**/*.ts', 'lib/**/*.ts', 'drizzle/**/*.ts'],
      // Command lines: the end-to-end test and CI run them in processes of their own, where nothing is counted.
      exclude: [
        'lib/local/{start,invoke,package,deploy,stack,healthcheck,fetch-health,start-prod-like,terminal-session}.ts',
        'lib/local/{build-client,try-client-package}.ts',
        'lib/client/{dist,node_modules}/**',
        // `npm run test:package` runs them.
        'lib/local/{function-fleet,function-instance,match-route,packaged-functions,runtime-api,runtime-gateway,unpack-zip}.ts',
        'drizzle/{config,generate}.ts',
        '**/router.ts',
      ],
      thresholds: { statements: 90, branches: 85 },
      reporter: ['text-summary', 'html'],
    },
  },
});
