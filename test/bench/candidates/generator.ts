import { Agent, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '#test/bench/spread.ts';
import type { Request } from './request-events.ts';

// Sends requests at a fixed rate whatever becomes of them. A latency counts from the moment its request was due, so that what a server
// that stalls keeps back is in it (no coordinated omission): docs/decisions/0040-benchmarks-bring-their-own-load-generator.md.
export interface Load {
  readonly port: number;
  readonly ratePerSecond: number;
  readonly requests: readonly Request[];
}

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly failures: number;
  /** How late the generator itself was with its requests: in the latencies, and not the server's doing. */
  readonly latenessP99Ms: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 128 });

process.on('message', async ({ port, ratePerSecond, requests }: Load) => {
  const latencies: number[] = [];
  const lateness: number[] = [];
  let failures = 0;
  const underWay: Promise<void>[] = [];
  const startedAt = performance.now() + 10;
  for (let next = 0; next < requests.length; ) {
    const due = startedAt + (next * 1_000) / ratePerSecond;
    const early = due - performance.now();
    if (early > 0) {
      await sleep(early);
      continue;
    }
    lateness.push(-early);
    const isDone = sendOne(port, requests[next++] as Request).then((isGood) => {
      latencies.push(performance.now() - due);
      if (!isGood) failures++;
    });
    underWay.push(isDone);
  }
  await Promise.all(underWay);
  process.send?.({
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: Math.max(...latencies),
    failures,
    latenessP99Ms: quantile(lateness, 0.99),
  } satisfies Latencies);
});
process.once('disconnect', () => process.exit());
process.send?.('ready');

function sendOne(port: number, { method, path, token, body }: Request): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = {
      accept: 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const request = send({ host: '127.0.0.1', port, method, path, agent, headers }, (response) => {
      response.resume().once('close', () => resolve((response.statusCode ?? 500) < 300));
    });
    request.once('error', () => resolve(false)).end(body);
  });
}
