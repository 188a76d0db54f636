import type { APIGatewayProxyEventV2, Context as LambdaContext } from 'aws-lambda';
import type { Endpoint } from './create-pipeline.ts';

/** One Lambda for several endpoints; API Gateway has matched the route already, and its key picks the endpoint. */
export function defineRouter(endpoints: readonly Endpoint[]) {
  const byRouteKey = new Map(
    endpoints.flatMap((endpoint) => routeKeysOf(endpoint.spec).map((routeKey) => [routeKey, endpoint])),
  );
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

/** All that API Gateway sends to an endpoint: to a GET that anybody may call also HEAD, as monitors and caches ask. ADR 37. */
export function routeKeysOf(spec: Endpoint['spec']): string[] {
  const routeKey = routeKeyOf(spec);
  return spec.method === 'GET' && spec.access === 'public' ? [routeKey, `HEAD ${spec.path}`] : [routeKey];
}
