import { createInterface } from 'node:readline';
import { getConfig } from '#lib/config/get-config.ts';
import { CircuitBreaker } from '#lib/resilience/circuit-breaker.ts';
import { BreakerState } from '#lib/resilience/circuit-breaker-state.ts';

/** Several instances of a function in a process of their own: each line names a breaker, through which all of them call a service. */
// Fifty scripts at once take the endpoint from memory longer than the budget of one.
Object.assign(getConfig(), { REDIS_TIMEOUT_MS: 30_000 });
const [count = '0', url = ''] = process.argv.slice(2);

async function call(name: string): Promise<void> {
  const breaker = new CircuitBreaker({ minimumCalls: 4, probeMs: 30_000 }, new BreakerState(name));
  try {
    await breaker.run(
      () => fetch(url),
      (settled) => ('value' in settled && settled.value.ok ? 'healthy' : { failedForMs: 0 }),
    );
    process.stdout.write('called\n');
  } catch (error) {
    process.stdout.write(`${(error as { code?: string }).code === 'unavailable' ? 'refused' : error}\n`);
  }
}

createInterface({ input: process.stdin }).on('line', (name) => {
  for (let started = 0; started < Number(count); started++) void call(name);
});
process.stdout.write('ready\n');
