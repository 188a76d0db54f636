import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpRequest } from './http-request.ts';

export type HttpResponse = APIGatewayProxyStructuredResultV2;
export type Exchange = Request<HttpRequest, HttpResponse, unknown & Error>;
export type Middleware = MiddlewareObj<HttpRequest, HttpResponse>;
