import { loadDocument } from '#lib/docs/load-document.ts';
import { refuseRoute } from '#lib/docs/refuse-route.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

export const handler = defineStaticEndpoint(
  {
    id: 'refuseRoute',
    method: 'ANY',
    path: '$default',
    summary: 'Answer what no other route matches',
    response: { status: 404 },
    errors: ['route_not_found', 'method_not_allowed'],
  },
  ({ method, path }) => refuseRoute(loadDocument(import.meta.dirname), method, path),
);
