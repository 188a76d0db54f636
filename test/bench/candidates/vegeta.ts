import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeFolder, removeAtEnd, removeFolder } from '#test/bench/leftovers.ts';
import { quantile } from '#test/bench/spread.ts';
import type { Request } from './request-events.ts';

const root = join(import.meta.dirname, '../../..');
const program = join(root, '.local/vegeta');

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
  readonly sent: number;
  /** How late the generator was with its requests: in the latencies, and not the server's doing. */
  readonly latenessP99Ms: number;
}

/** One line of what vegeta has written. */
export interface Hit {
  readonly atMs: number;
  readonly status: number;
  readonly tookMs: number;
}

/** Builds vegeta as test/bench/vegeta/go.sum says; false when there is no Go to build it with. */
export function installVegeta(): boolean {
  const { status, error } = spawnSync('go', ['build', '-o', program, 'github.com/tsenart/vegeta/v12'], {
    cwd: join(root, 'test/bench/vegeta'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return false;
  if (status !== 0) throw new Error('go build of vegeta failed');
  return true;
}

/** Sends each request when it is due, whatever became of those before: vegeta starts as many workers as that takes. */
export async function attack({ port, ratePerSecond, requests }: Load): Promise<Latencies> {
  const folder = makeFolder();
  try {
    const file = join(folder, 'results.bin');
    const seconds = requests.length / ratePerSecond;
    const options = ['-rate', `${ratePerSecond}/1s`, '-duration', `${seconds}s`, '-max-body', '0'];
    const child = spawn(program, ['attack', '-format', 'json', ...options, '-output', file], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const isGone = removeAtEnd({ pid: child.pid ?? 0 });
    child.stdin.end(requests.map((request) => `${JSON.stringify(toTarget(port, request))}\n`).join(''));
    const [status] = await once(child, 'exit');
    isGone();
    if (status !== 0) throw new Error(`vegeta ended with ${status}`);
    const csv = execFileSync(program, ['encode', '-to', 'csv', file], { maxBuffer: 2 ** 30 });
    return summarize(parseHits(csv.toString()), ratePerSecond);
  } finally {
    removeFolder(folder);
  }
}

function toTarget(port: number, { method, path, token, body }: Request) {
  return {
    method,
    url: `http://127.0.0.1:${port}${path}`,
    header: {
      accept: ['application/json'],
      // Ours alone would compress its lists.
      'accept-encoding': ['identity'],
      ...(token && { authorization: [`Bearer ${token}`] }),
      ...(body && { 'content-type': ['application/json'] }),
    },
    ...(body && { body: Buffer.from(body).toString('base64') }),
  };
}

/** Its columns: when a request was sent, in nanoseconds; the status; how long it took, in nanoseconds; and what is not needed here. */
function parseHits(csv: string): Hit[] {
  return csv
    .trim()
    .split('\n')
    .map((line) => {
      const [at = 0, status = 0, took = 0] = line.split(',', 3).map(Number);
      return { atMs: at / 1e6, status, tookMs: took / 1e6 };
    });
}

/**
 * Latencies that count from the moment a request was due, not from when it was sent: what a generator or a server that stalls keeps back
 * is in them (no coordinated omission). The schedule begins where no request was early.
 */
export function summarize(hits: readonly Hit[], ratePerSecond: number): Latencies {
  const sent = hits.toSorted((one, other) => one.atMs - other.atMs);
  const gapMs = 1_000 / ratePerSecond;
  const beganMs = sent.reduce((least, { atMs }, index) => Math.min(least, atMs - index * gapMs), Infinity);
  const lateness = sent.map(({ atMs }, index) => atMs - index * gapMs - beganMs);
  const latencies = sent.map(({ tookMs }, index) => tookMs + (lateness[index] ?? 0));
  return {
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: Math.max(...latencies),
    failures: sent.filter(({ status }) => status < 200 || status >= 300).length,
    sent: sent.length,
    latenessP99Ms: quantile(lateness, 0.99),
  };
}
