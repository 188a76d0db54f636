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
// SSM takes no more.
const namesAtOnce = 10;

/** SSM does not answer, or its answer is not the values. */
export class ParameterError extends Error {
  /** `AccessDeniedException` and its like; `no answer`. */
  readonly type: string;

  constructor(type: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/**
 * The decrypted values of parameters of SSM, by name; one that does not exist is left out. Rejects within 750 ms when SSM does not
 * answer or refuses, with a ParameterError. Not by `outbound()`: its circuit breaker asks Redis, which is reached by what this reads.
 */
export async function getParameters(names: readonly string[]): Promise<Map<string, string>> {
  const signal = AbortSignal.timeout(timeoutMs);
  const parts = Array.from({ length: Math.ceil(names.length / namesAtOnce) }, (_, part) =>
    names.slice(part * namesAtOnce, (part + 1) * namesAtOnce),
  );
  const values = await Promise.all(parts.map((part) => getPart(part, signal)));
  return new Map(values.flat());
}

async function getPart(names: readonly string[], signal: AbortSignal): Promise<[string, string][]> {
  for (let retry = 0; ; retry++) {
    const response = await ask(names, signal);
    if (response.status === 200) {
      const { Parameters } = response.json() as Answer;
      return Parameters.map(({ Name, Value }) => [Name, Value]);
    }
    const error = toRefusal(response);
    if (retry === retries || !(response.status >= 500 || error.type === 'ThrottlingException')) throw error;
    await sleep(retryDelayMs(retry, 0), undefined, { signal }).catch(() => {
      // Only the signal ends it. That the time is used up says less than what SSM has said.
      throw error;
    });
  }
}

function toRefusal(response: OutboundResponse): ParameterError {
  const type = /"__type":"(?:[^"]*#)?(\w+)"/.exec(response.text())?.[1] ?? 'no type';
  return new ParameterError(type, `SSM answers ${response.status} (${type})`);
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
    throw new ParameterError('no answer', `SSM does not answer (${reason})`, { cause: error });
  }
}
