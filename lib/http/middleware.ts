import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import type { HttpRequest } from './http-request.ts';

export type HttpResponse = APIGatewayProxyStructuredResultV2;
export type Exchange = Request<HttpRequest, HttpResponse, unknown & Error>;
export type Middleware = MiddlewareObj<HttpRequest, HttpResponse>;

type AnyContext = Context<Actor | undefined>;
/** Decides whether and in which context the operation runs and is answered. */
export type Around = (
  request: HttpRequest,
  ctx: AnyContext,
  respond: (ctx: AnyContext) => Promise<HttpResponse>,
) => Promise<HttpResponse>;
