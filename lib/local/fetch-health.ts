import { setTimeout as sleep } from 'node:timers/promises';
import { type HealthStatus, healthStatuses, worstOf } from '#lib/health/check.ts';

export interface HealthAnswer {
  readonly status: HealthStatus | 'unreachable';
  /** Why there is no report. */
  readonly reason?: string;
  readonly checks?: readonly CheckLine[];
}

interface CheckLine {
  readonly name: string;
  readonly status: HealthStatus;
  readonly observed: string;
  readonly output: string;
}

interface Attempts {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly token: string | undefined;
}

// Also what Spring and Terminus say, as the format allows.
const aliases = new Map<string, HealthStatus>([
  ['ok', 'pass'],
  ['up', 'pass'],
]);
// A report of ours has a few kilobytes; an endpoint that never ends must not fill the memory.
const limitBytes = 1_000_000;
const firstPauseMs = 250;

/** Asks until the service passes or warns, at most once and then `retries` times, each after twice the pause of the last. */
export async function fetchHealth(url: URL, { timeoutMs, retries, token }: Attempts): Promise<HealthAnswer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await askOnce(url, timeoutMs, token);
    const isFinal = answer.status === 'pass' || answer.status === 'warn' || attempt >= retries;
    if (isFinal) return answer;
    await sleep(firstPauseMs * 2 ** attempt);
  }
}

async function askOnce(url: URL, timeoutMs: number, token: string | undefined): Promise<HealthAnswer> {
  try {
    const response = await fetch(url, {
      headers: {
        accept: 'application/health+json, application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return read(response, await readText(response));
  } catch (error) {
    return { status: 'unreachable', reason: describeFailure(error, timeoutMs) };
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new Error(`the answer is longer than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function read(response: Response, text: string): HealthAnswer {
  const report = parse(text);
  if (typeof report?.status !== 'string') {
    const hint = [401, 403].includes(response.status) ? '; give a token that may read it' : '';
    return { status: 'unreachable', reason: `HTTP ${response.status} and no health report${hint}` };
  }
  const status = toStatus(report.status);
  const answered: HealthStatus = response.ok ? 'pass' : 'fail';
  return { status: worstOf([{ status }, { status: answered }]), checks: toLines(report.checks) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Unknown is `fail`. */
function toStatus(word: unknown): HealthStatus {
  const lower = String(word).toLowerCase();
  return healthStatuses.find((status) => status === lower) ?? aliases.get(lower) ?? 'fail';
}

function toLines(checks: unknown): CheckLine[] {
  return Object.entries(checks ?? {}).flatMap(([name, entries]) =>
    (Array.isArray(entries) ? entries : [entries]).map((entry: Record<string, unknown> | null) => ({
      name: printable(name),
      status: toStatus(entry?.status),
      observed: printable(
        [entry?.observedValue, entry?.observedUnit].filter((part) => part !== undefined).join(' '),
      ),
      output: printable([entry?.output, entry?.reason].filter(Boolean).join(', ')),
    })),
  );
}

/** Without what would steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 200);
}

function describeFailure(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const { code } = (error.cause ?? error) as { code?: string };
  return printable(code ?? error.message);
}
