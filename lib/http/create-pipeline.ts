import middy from '@middy/core';
import httpErrorHandler from '@middy/http-error-handler';
import type { APIGatewayProxyEventV2, Context as LambdaContext } from 'aws-lambda';
import { AppError } from '#lib/errors/app-error.ts';
import { errorCatalog } from '#lib/errors/catalog.ts';
import { toError } from '#lib/errors/to-error.ts';
import { logger } from '#lib/observability/logger.ts';
import { hostInvocation } from '#lib/runtime/host-invocation.ts';
import { markDefined } from '#lib/runtime/process-state.ts';
import { assertAcceptable } from './assert-acceptable.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';
import { finishRequest } from './finish-request.ts';
import type { HttpRequest } from './http-request.ts';
import type { Around, HttpResponse, Middleware } from './middleware.ts';
import { parseInput } from './parse-input.ts';
import { parseRequest } from './parse-request.ts';
import { problemResponse, toProblem } from './problem-response.ts';
import { toResponse } from './to-response.ts';

export interface Endpoint {
  (event: APIGatewayProxyEventV2, context: LambdaContext): Promise<HttpResponse>;
  readonly spec: AnyEndpointSpec;
}

// Enough to build the answer, log it and return before Lambda ends the invocation.
const deadlineReserveMs = 200;

interface Pipeline {
  readonly spec: AnyEndpointSpec;
  /** Gets the EndpointInput of the spec. */
  readonly run: (input: never) => unknown;
  /** What may refuse the request before its input is parsed, first to last. */
  readonly entry?: readonly Middleware[];
  readonly around?: Around | undefined;
  /** What sees the finished answer, last to first. */
  readonly exit?: readonly Middleware[];
}

/**
 * The straight line of a request. Middy runs `before` top to bottom, `after` and `onError` bottom to top: a throw becomes
 * a problem, then gets its headers and log line. What those throw themselves, the error handler around them catches.
 */
export function createPipeline({
  spec,
  run,
  entry = [],
  around = (_request, ctx, respond) => respond(ctx),
  exit = [],
}: Pipeline): Endpoint {
  const operation = async (request: HttpRequest, _: LambdaContext, { signal }: { signal: AbortSignal }) => {
    const { actor, requestId, now, method, path, sourceIp, headers } = request;
    const userAgent = headers['user-agent']?.slice(0, 200) ?? '';
    const { accept = '', 'accept-encoding': acceptEncoding = '' } = headers;
    assertAcceptable(spec, accept);
    const client = { sourceIp, userAgent };
    const input = { ...parseInput(spec, request), method, path, accept, acceptEncoding, client };
    return around(request, { actor, requestId, now, signal }, async (ctx) =>
      // Its type is known to who wrote the spec; `defineEndpoint` holds the operation to it.
      toResponse(spec, request, await run({ ...input, ctx } as never)),
    );
  };
  const pipeline = middy<HttpRequest, HttpResponse>({
    timeoutEarlyInMillis: deadlineReserveMs,
    timeoutEarlyResponse: () => {
      throw new AppError('deadline_exceeded', 'The time limit of the operation is used up');
    },
  })
    .use([...exit])
    .use(finishRequest(spec))
    .use(problemResponse())
    .use(parseRequest())
    .use([...entry])
    .handler(operation as never);
  const isLong = spec.timeoutSeconds !== undefined;
  const handler = (event: APIGatewayProxyEventV2, context: LambdaContext): Promise<HttpResponse> =>
    hostInvocation(context.getRemainingTimeInMillis() - deadlineReserveMs, isLong, () =>
      pipeline(event as never, context).catch((error) => answerUnanswered(event, context, error)),
    );
  markDefined();
  return Object.assign(handler, { spec });
}

/** What is answered when even the problem response failed. */
async function answerUnanswered(
  { rawPath }: APIGatewayProxyEventV2,
  context: LambdaContext,
  error: unknown,
): Promise<HttpResponse> {
  const { statusCode } = await outermostNet(error, context);
  const requestId = context.awsRequestId;
  const problem = toProblem(new AppError('internal', ''), { path: rawPath, requestId, headers: {} });
  return { ...problem, statusCode, headers: { ...problem.headers, 'x-request-id': requestId } };
}

// Around a failure alone, not around every request: a layer of Middy costs 2 us.
const outermostNet = middy<unknown, HttpResponse>({ timeoutEarlyInMillis: 0 })
  .use(httpErrorHandler({ logger: logUnanswered, fallbackMessage: errorCatalog.internal.title }))
  .handler(rethrow);

function rethrow(error: unknown): never {
  throw error;
}

function logUnanswered(error: unknown): void {
  logger.error('the pipeline itself failed', { error: toError(error) });
}
