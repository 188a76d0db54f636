import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a function threw, in the words of its runtime. */
export class FunctionError extends Error {
  override name = 'FunctionError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(`${type}: ${message}`);
    this.type = type;
  }
}

export interface RuntimeApi {
  /** `host:port`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the function asks for its first event, which ends its initialization; rejects with what it threw before. */
  readonly initialized: Promise<void>;
  /** The answer to an event; one after the other, as an instance works. Rejects with `FunctionError`. */
  invoke(event: unknown): Promise<unknown>;
  /** Rejects whatever is waited for. */
  close(reason: Error): void;
}

interface Invocation {
  readonly id: string;
  readonly event: string;
  readonly settle: PromiseWithResolvers<unknown>;
  timer?: NodeJS.Timeout;
}

const prefix = '/2018-06-01/runtime';

/** The API that Lambda offers to the runtime of one instance: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. */
export async function startRuntimeApi(functionName: string, timeoutSeconds: number): Promise<RuntimeApi> {
  const queued: Invocation[] = [];
  const underWay = new Map<string, Invocation>();
  const initialized = Promise.withResolvers<void>();
  // Whoever only invokes hears of it there.
  initialized.promise.catch(() => undefined);
  let idle: ServerResponse | undefined;

  const handOver = () => {
    const [invocation] = queued;
    if (!idle || !invocation) return;
    queued.shift();
    underWay.set(invocation.id, invocation);
    invocation.timer = setTimeout(
      () =>
        end(
          invocation.id,
          new FunctionError('Sandbox.Timedout', `timed out after ${timeoutSeconds} seconds`),
        ),
      timeoutSeconds * 1000,
    );
    idle
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': invocation.id,
        'lambda-runtime-deadline-ms': Date.now() + timeoutSeconds * 1000,
        'lambda-runtime-invoked-function-arn': `arn:aws:lambda:local:000000000000:function:${functionName}`,
      })
      .end(invocation.event);
    idle = undefined;
  };
  const end = (id: string, answer: unknown) => {
    const invocation = underWay.get(id);
    underWay.delete(id);
    clearTimeout(invocation?.timer);
    if (answer instanceof Error) invocation?.settle.reject(answer);
    else invocation?.settle.resolve(answer);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '' } = request;
    const [, id = '', result] = new RegExp(`^${prefix}/invocation/([^/]+)/(response|error)$`).exec(url) ?? [];
    if (method === 'GET' && url === `${prefix}/invocation/next`) {
      initialized.resolve();
      idle = response;
      return handOver();
    }
    const body = await text(request);
    if (url === `${prefix}/init/error`) initialized.reject(toFunctionError(body));
    else if (result) end(id, result === 'error' ? toFunctionError(body) : JSON.parse(body));
    else return response.writeHead(404).end();
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  };

  const server = createServer((request, response) => {
    // A runtime that goes away in the middle of its request is noticed by whoever started it.
    answer(request, response).catch((error: Error) => response.destroy(error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    initialized: initialized.promise,
    invoke(event) {
      const settle = Promise.withResolvers<unknown>();
      queued.push({ id: randomUUID(), event: JSON.stringify(event), settle });
      handOver();
      return settle.promise;
    },
    close(reason) {
      initialized.reject(reason);
      for (const { settle } of queued.splice(0)) settle.reject(reason);
      for (const id of [...underWay.keys()]) end(id, reason);
      server.close();
      server.closeAllConnections();
    },
  };
}

function toFunctionError(body: string): FunctionError {
  const { errorType = 'Unknown', errorMessage = '' } = JSON.parse(body);
  return new FunctionError(errorType, errorMessage);
}
