import { parseArgs } from 'node:util';
import { fetchHealth, type HealthAnswer } from './fetch-health.ts';

const exitCodes = { pass: 0, warn: 1, fail: 2, unreachable: 3 } as const;
/** EX_USAGE of sysexits.h: nothing was asked. */
const usageError = 64;
// Ten doubled pauses are four minutes: whoever waits longer calls again.
const longestTimeoutMs = 600_000;
const mostRetries = 10;

const usage = `Usage: npm run healthcheck -- <url> [--timeout ms] [--retries n] [--json] [--token t]

<url>      of a health endpoint; of an origin alone, /api/v1/health/ready is asked
--timeout  of each attempt, in ms; 5000 unless told otherwise
--retries  further attempts while it fails or does not answer; 2 unless told otherwise
--json     one line of JSON in place of the table
--token    sent as Authorization: Bearer; better in the environment, as HEALTHCHECK_TOKEN

Exit code: 0 pass, 1 warn, 2 fail, 3 no health report, 64 wrong usage`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      timeout: { type: 'string', default: '5000' },
      retries: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      token: { type: 'string' },
    },
  });
  const [address] = positionals;
  if (!address || positionals.length > 1) throw new Error('Give one URL.');
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`${url.protocol} is not http or https.`);
  if (url.username || url.password) throw new Error('The URL has credentials; give a token.');
  if (url.pathname === '/') url.pathname = '/api/v1/health/ready';
  return {
    url,
    isJson: values.json,
    timeoutMs: toInteger('--timeout', values.timeout, 1, longestTimeoutMs),
    retries: toInteger('--retries', values.retries, 0, mostRetries),
    token: values.token ?? process.env.HEALTHCHECK_TOKEN,
  };
}

function toInteger(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`${name} has to be a number from ${least} to ${most}.`);
  return value;
}

function toTable(url: URL, { status, reason, checks = [] }: HealthAnswer): string {
  const rows = checks.map((check) => [check.name, check.status, check.observed, check.output]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`${status}  ${url.origin}${url.pathname}${reason ? `  ${reason}` : ''}`, ...lines].join('\n');
}

async function main(): Promise<number> {
  let wanted: ReturnType<typeof readArguments>;
  try {
    wanted = readArguments();
  } catch (error) {
    // What parseArgs and URL throw is about the arguments.
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return usageError;
  }
  const { url, isJson } = wanted;
  const answer = await fetchHealth(url, wanted);
  console.log(isJson ? JSON.stringify({ url: url.origin + url.pathname, ...answer }) : toTable(url, answer));
  return exitCodes[answer.status];
}

// Not process.exit: what was written may still be on its way into a pipe.
process.exitCode = await main();
