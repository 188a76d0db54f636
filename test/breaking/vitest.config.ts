import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// `npm run test:breaking`: the check for breaking changes with the program that it runs, which takes Go and, once, the network.
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: { include: ['test/breaking/*.breaking.ts'], testTimeout: 60_000, hookTimeout: 300_000 },
});
