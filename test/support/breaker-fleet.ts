import { once } from 'node:events';
import { getConfig } from '#lib/config/get-config.ts';
import { CircuitBreaker } from '#lib/resilience/circuit-breaker.ts';
import { FleetState } from '#lib/resilience/circuit-breaker-state.ts';

/** Several instances of a function in a process of their own, which call a service through one breaker as soon as they are told to. */
// Fifty scripts at once take the endpoint from memory longer than the budget of one.
Object.assign(getConfig(), { REDIS_TIMEOUT_MS: 30_000 });
const [name = '', count = '0', url = ''] = process.argv.slice(2);
const instances = Array.from(
  { length: Number(count) },
  () => new CircuitBreaker({ minimumCalls: 4, probeMs: 30_000 }, new FleetState(name)),
);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
await Promise.all(
  instances.map(async (breaker) => {
    try {
      await breaker.run(
        () => fetch(url),
        (settled) => ('value' in settled && settled.value.ok ? 'healthy' : { failedForMs: 0 }),
      );
      process.stdout.write('called\n');
    } catch (error) {
      process.stdout.write(`${(error as { code?: string }).code === 'unavailable' ? 'refused' : error}\n`);
    }
  }),
);
process.exit();
