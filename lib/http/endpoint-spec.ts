import type * as z from 'zod';
import type { Actor, UserActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { ErrorCode } from '#lib/errors/catalog.ts';
import type { Client } from '#lib/sessions/create-session.ts';
import type { Access } from './authorize.ts';
import type { Deprecation } from './deprecate.ts';
import type { HttpRequest } from './http-request.ts';
import type { answerOnce } from './idempotency.ts';
import type { Line } from './ndjson.ts';
import type { RateLimitName } from './rate-limits.ts';

export type Schema = z.ZodType;
/** A JSON value, or one a line. */
export type BodyFormat = 'json' | 'ndjson';
type Output<S extends Schema | undefined> = S extends Schema ? z.output<S> : undefined;

export interface ResponseSpec<R extends Schema | undefined> {
  readonly status: number;
  /** An allow-list: what it does not declare is not sent. Left out: the answer has no body. */
  readonly schema?: R;
  /** JSON unless it says otherwise; of NDJSON the schema is a page, and the lines are its `items`. */
  readonly contentType?: string;
  /** Others that the operation may choose by `accept`; its header `Content-Type` says which. */
  readonly otherContentTypes?: readonly string[];
  /** What is sent of an output that is neither JSON nor text. */
  readonly bytes?: (output: Output<R>) => Buffer;
  /** A header whose function returns undefined is left out. */
  readonly headers?: Readonly<
    Record<
      string,
      (output: Output<R>, request: Pick<HttpRequest, 'path' | 'query' | 'headers'>) => string | undefined
    >
  >;
  readonly cookies?: (output: Output<R>) => string[];
  /** Another status with the same body, for the outputs that fulfil the condition. */
  readonly alternative?: {
    readonly status: number;
    readonly when: (output: Output<R>) => boolean;
    readonly retryAfterSeconds: number;
  };
}

/** The contract of one operation: everything else about the route is derived from it. */
export interface EndpointSpec<
  A extends Access = Access,
  P extends Schema | undefined = Schema | undefined,
  Q extends z.ZodObject | undefined = z.ZodObject | undefined,
  B extends Schema | undefined = Schema | undefined,
  R extends Schema | undefined = Schema | undefined,
  F extends BodyFormat = BodyFormat,
> {
  /** camelCase; its kebab-case is the file name. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY';
  /** As in API Gateway and OpenAPI: `/api/v1/projects/{id}`; `$default` catches what no route matches. */
  readonly path: `/${string}` | '$default';
  readonly summary: string;
  readonly description?: string;
  readonly access: A;
  readonly rateLimit: RateLimitName;
  /** The field of the body that names an account, and the limit for its requests together, wherever they come from. */
  readonly accountLimit?: { readonly field: string; readonly policy: 'account' | 'mail' };
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** `ndjson`: the schema is that of a line; the operation gets all lines, the wrong ones with their error. */
  readonly bodyFormat?: F;
  /** Where the limit of all bodies does not do. */
  readonly bodyLimitBytes?: number;
  /** Whether `If-Match` is honoured, or has to be there (428 without). */
  readonly ifMatch?: 'optional' | 'required';
  /** Honours `Idempotency-Key`: for POST, by a caller who is known. Not a flag, so that other bundles do not have it. */
  readonly idempotent?: A extends 'public' ? never : typeof answerOnce;
  readonly response: ResponseSpec<R>;
  /** SQL statements of a success with the request of its event file, besides BEGIN and COMMIT. A test counts them. */
  readonly statements: number;
  /** The codes the operation itself throws; those of the pipeline are known from the other fields. */
  readonly errors?: readonly ErrorCode[];
  /** A browser may leave `refreshToken` out of the body: its cookie has it. */
  readonly readsRefreshCookie?: true;
  /** Set by defineStaticEndpoint: such a function gets no secret. */
  readonly isStatic?: true;
  /** Lambda time-out; the client gets our own 504 shortly before it. */
  readonly timeoutSeconds?: number;
  /** Made by `deprecate`: docs/versioning.md. */
  readonly deprecated?: Deprecation;
}

/** What the operation gets: who asks, and the parts of the request that the spec declares, parsed. */
export interface EndpointInput<
  A extends Access,
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  F extends BodyFormat = 'json',
> {
  readonly ctx: Context<ActorOf<A>>;
  readonly params: Output<P>;
  readonly query: Output<Q>;
  readonly body: F extends 'ndjson' ? readonly Line<Output<B>>[] : Output<B>;
  /** The versions `If-Match` names; undefined when any will do. */
  readonly ifMatch: readonly number[] | undefined;
  readonly method: string;
  readonly path: string;
  /** The headers, empty when there is none. */
  readonly accept: string;
  readonly acceptEncoding: string;
  readonly client: Client;
}

type ActorOf<A extends Access> = A extends 'public'
  ? undefined
  : A extends 'session' | { readonly stepUp: true }
    ? UserActor
    : Actor;

/** What the operation returns: the input of the response schema. */
// biome-ignore lint/suspicious/noConfusingVoidType: it is a return type.
export type EndpointOutput<R extends Schema | undefined> = R extends Schema ? z.input<R> : void;

// biome-ignore lint/suspicious/noExplicitAny: a list of specs has specs of every shape.
export type AnyEndpointSpec = EndpointSpec<Access, any, any, any, any, any>;

/** The Lambda time-out of an endpoint that does not declare its own; API Gateway gives up after 30 s. */
export const defaultTimeoutSeconds = 10;
