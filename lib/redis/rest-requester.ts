import {
  type ClientRequest,
  Agent as PlainAgent,
  type RequestOptions,
  request as sendPlain,
} from 'node:http';
import { request as sendSecure, Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import { errors, type Requester, type UpstashRequest, type UpstashResponse } from '@upstash/redis';

/** Nobody answered, or not in time. */
export class RedisAway extends Error {
  override readonly name = 'RedisAway';
}

// A connection that idled for longer may be gone without a word, as after a freeze; making one costs a handshake.
const maxIdleMs = 4_000;

/**
 * Upstash's REST protocol over connections that are kept: one POST a call, tried once, for what was done when no answer comes is
 * not known; only what could not be written to a kept connection is sent again. Beside `fetch`, which the package would call, it costs less than half of the CPU time, and that was the largest part of a request.
 */
export class RestRequester implements Requester {
  readonly #send: (options: RequestOptions) => ClientRequest;
  readonly #options: RequestOptions;
  readonly #agent: PlainAgent;
  readonly #timeoutMs: () => number;
  #lastUsedAtMs = 0;

  constructor(url: string, token: string, timeoutMs: () => number) {
    const { protocol, hostname, port, pathname } = new URL(url);
    const isSecure = protocol === 'https:';
    this.#send = isSecure ? sendSecure : sendPlain;
    this.#agent = new (isSecure ? TlsAgent : PlainAgent)({ keepAlive: true });
    this.#options = {
      method: 'POST',
      // Without the brackets of an IPv6 address.
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: pathname.replace(/\/$/, ''),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    };
    this.#timeoutMs = timeoutMs;
  }

  async request<T>({ path = [], body }: UpstashRequest): Promise<UpstashResponse<T>> {
    // Wall clock: the monotonic one may stand still in a freeze.
    const nowMs = Date.now();
    if (nowMs - this.#lastUsedAtMs > maxIdleMs) this.#agent.destroy();
    // At once: else the next call would cut off this one.
    this.#lastUsedAtMs = nowMs;
    const command = JSON.stringify(body);
    const { status, answer } = await this.#post(path, command, this.#timeoutMs(), this.#agent);
    this.#lastUsedAtMs = Date.now();
    const parsed = parse(answer);
    if (status !== 200) throw new errors.UpstashError(`${parsed.error}, command was: ${command}`);
    return parsed;
  }

  #post(path: readonly string[], command: string, timeoutMs: number, agent: PlainAgent | false) {
    return new Promise<{ status: number | undefined; answer: string }>((resolve, reject) => {
      const request = this.#send({
        ...this.#options,
        agent,
        path: [this.#options.path, ...path].join('/') || '/',
        headers: { ...this.#options.headers, 'content-length': Buffer.byteLength(command) },
      });
      const startedAt = performance.now();
      let isOver = false;
      const fail = (reason: string) => {
        isOver = true;
        clearTimeout(timer);
        reject(new RedisAway(reason));
      };
      const timer = setTimeout(() => {
        fail(`no answer within ${timeoutMs} ms`);
        request.destroy();
      }, timeoutMs);
      request.once('response', (response) => {
        text(response).then(
          (answer) => {
            clearTimeout(timer);
            resolve({ status: response.statusCode, answer });
          },
          (error) => fail(`the answer broke off: ${error}`),
        );
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A write that fails finds the connection closed: Redis has not got the whole command.
        const isUnsent = request.reusedSocket && error.syscall === 'write';
        if (isOver || !isUnsent) return fail(`${error}`);
        isOver = true;
        clearTimeout(timer);
        // With a connection of its own: the other ones that were kept may be closed as well.
        const leftMs = Math.max(1, Math.ceil(timeoutMs - (performance.now() - startedAt)));
        this.#post(path, command, leftMs, false).then(resolve, reject);
      });
      request.end(command);
    });
  }
}

function parse(answer: string) {
  try {
    return JSON.parse(answer);
  } catch (cause) {
    throw new errors.UpstashJSONParseError(answer, { cause });
  }
}
