import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { assertUrl, guardedLookup, type Network, portOf } from './address-guard.ts';
import { OutboundError } from './outbound-error.ts';

/** What of a service matters to a single request. */
export interface Limits {
  /**
   * `public`: only addresses that the internet routes, by https: whatever a user may name. `any`: private ones too, for what only the
   * operator configures.
   */
  readonly network: Network;
  /** 0: what counts is the status, and no body is waited for. */
  readonly largestBodyBytes: number;
}

export type Send = (
  limits: Limits,
  url: URL,
  exchange: HttpExchange,
  signal: AbortSignal,
) => Promise<OutboundResponse>;

export interface HttpExchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
}

/** As it was sent: a compressed body stays compressed, so that its size is what was received. */
export class OutboundResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;

  constructor(status: number, headers: IncomingHttpHeaders, body: Buffer) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  text(): string {
    return this.body.toString('utf8');
  }

  /** Throws SyntaxError. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

const largestHeadersBytes = 16 * 1024;

/**
 * One request on a connection of its own, as one that is kept may have died while the process was frozen; ends with the signal,
 * wherever it is.
 */
export async function sendRequest(
  { network, largestBodyBytes }: Limits,
  url: URL,
  { method, headers, body }: HttpExchange,
  signal: AbortSignal,
): Promise<OutboundResponse> {
  assertUrl(url, network);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, {
      method,
      headers: { 'user-agent': 'plinth', ...headers, 'accept-encoding': 'identity' },
      agent: false,
      lookup: guardedLookup(portOf(url), network),
      maxHeaderSize: largestHeadersBytes,
      rejectUnauthorized: true,
      signal,
    })
      .once('response', resolve)
      .on('error', reject)
      .once('close', () => reject(new Error('closed without an answer')))
      .end(body);
  });
  const { statusCode = 0, headers: received } = response;
  return new OutboundResponse(statusCode, received, await readBody(response, largestBodyBytes));
}

async function readBody(response: IncomingMessage, largestBytes: number): Promise<Buffer> {
  if (largestBytes === 0) {
    response.destroy();
    return Buffer.alloc(0);
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Leaving the loop destroys the connection.
  for await (const chunk of response) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestBytes)
      throw new OutboundError('too_large', new Error(`the answer is larger than ${largestBytes} bytes`));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
