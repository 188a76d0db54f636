import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { answer } from './app.ts';

export const handler = ({ requestContext, rawPath, body }: APIGatewayProxyEventV2) =>
  answer(requestContext.http.method, rawPath, body);
