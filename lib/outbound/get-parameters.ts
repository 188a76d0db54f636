import { setTimeout as sleep } from 'node:timers/promises';
import { getAwsEnvironment } from '#lib/config/aws-environment.ts';
import { toError } from '#lib/errors/to-error.ts';
import { retryDelayMs } from './retry.ts';
import { type OutboundResponse, sendRequest } from './send-request.ts';
import { signAwsRequest } from './sign-aws-request.ts';

interface Answer {
  readonly Parameters: readonly { readonly Name: string; readonly Value: string }[];
}

const limits = { network: 'any', largestBodyBytes: 64 * 1024 } as const;
// It takes 20 to 50 ms, and as much for the TLS handshake.
const timeoutMs = 750;
// Instances that start together ask together: SSM takes 40 calls a second of an account, and refuses more.
const retries = 2;

/** SSM has an answer, which is not the values. */
export class ParameterError extends Error {
  /** `AccessDeniedException` and its like. */
  readonly type: string;

  constructor(status: number, text: string) {
    const type = /"__type":"(?:[^"]*#)?(\w+)"/.exec(text)?.[1] ?? 'no type';
    super(`SSM answers ${status} (${type})`);
    this.type = type;
  }
}

/**
 * The decrypted values of up to ten parameters of SSM, by name; one that does not exist is left out. Rejects within 750 ms when SSM does not
 * answer or refuses. Not by `outbound()`: its circuit breaker asks Redis, which is reached by what this reads.
 */
export async function getParameters(names: readonly string[]): Promise<Map<string, string>> {
  const signal = AbortSignal.timeout(timeoutMs);
  for (let retry = 0; ; retry++) {
    const response = await ask(names, signal);
    if (response.status === 200) {
      const { Parameters } = response.json() as Answer;
      return new Map(Parameters.map(({ Name, Value }) => [Name, Value]));
    }
    const error = new ParameterError(response.status, response.text());
    if (retry === retries || !(response.status >= 500 || error.type === 'ThrottlingException')) throw error;
    await sleep(retryDelayMs(retry, 0), undefined, { signal });
  }
}

async function ask(names: readonly string[], signal: AbortSignal): Promise<OutboundResponse> {
  const { endpoints, ...identity } = getAwsEnvironment();
  const url = new URL(endpoints.ssm);
  const body = JSON.stringify({ Names: names, WithDecryption: true });
  const target = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.GetParameters' };
  const headers = signAwsRequest(url, target, body, { ...identity, service: 'ssm' }, new Date());
  try {
    return await sendRequest(limits, url, { method: 'POST', headers, body }, signal);
  } catch (error) {
    const reason = signal.aborted ? `within ${timeoutMs} ms` : toError(error).message;
    throw new Error(`SSM does not answer (${reason})`, { cause: error });
  }
}
