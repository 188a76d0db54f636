import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { declaredOperations } from './published-contract.ts';

// `npm run test:fuzz -- [--seed 7] [--requests 20000] [--operation createProject]`
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    requests: { type: 'string', default: '20000' },
    operation: { type: 'string' },
  },
});
const [seed, requests] = [Number(values.seed), Number(values.requests)];
if (!Number.isInteger(seed) || !Number.isInteger(requests) || requests < 1)
  throw new Error('--seed and --requests are integers');
if (values.operation && !declaredOperations.has(values.operation))
  throw new Error(`There is no operation "${values.operation}" in the document`);
console.log(`seed ${seed}, ${requests} requests`);
const vitest = await startVitest([], {
  config: join(import.meta.dirname, 'vitest.config.ts'),
  watch: false,
  provide: { fuzz: { seed, requests, ...(values.operation && { operation: values.operation }) } },
});
await vitest.close();
