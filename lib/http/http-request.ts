import type { Actor } from '#lib/auth/actor.ts';
import type { ErrorCode } from '#lib/errors/catalog.ts';

/** One HTTP request on its way through the middlewares; replaces the raw event, which stays untouched. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
  /** `performance.now()` at the start. */
  readonly startedAt: number;
  readonly now: Date;
  readonly sourceIp: string;
  /** Names in lower case, as API Gateway sends them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: Readonly<Record<string, string>>;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** By its length, without decoding it. */
  readonly bodyBytes: number;
  isBase64Encoded: boolean;
  /** Text until the JSON body parser has run. */
  body: unknown;
  actor: Actor | undefined;
  /** Whose budget the request uses, when a credential says so; else the address is counted. */
  principal?: string;
  /** Headers that go out with whatever the answer will be. */
  readonly responseHeaders: Record<string, string>;
  /** The code of the problem that is the answer. */
  errorCode?: ErrorCode;
  /** The error behind a 5xx, for the log only. */
  failure?: Error;
}
