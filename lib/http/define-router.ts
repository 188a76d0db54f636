import type { APIGatewayProxyEventV2, Context as LambdaContext } from 'aws-lambda';
import type { Endpoint } from './create-pipeline.ts';

/** One Lambda for several endpoints; API Gateway has matched the route already, and its key picks the endpoint. */
export function defineRouter(endpoints: readonly Endpoint[]) {
  const byRouteKey = new Map(endpoints.map((endpoint) => [routeKeyOf(endpoint.spec), endpoint]));
  return (event: APIGatewayProxyEventV2, context: LambdaContext) => {
    const endpoint = byRouteKey.get(event.routeKey);
    if (!endpoint) throw new Error(`no endpoint for route key ${event.routeKey}`);
    return endpoint(event, context);
  };
}

/** `POST /api/v1/projects`, or `$default`: how API Gateway names a route. */
export function routeKeyOf({ method, path }: Endpoint['spec']): string {
  return path === '$default' ? path : `${method} ${path}`;
}
