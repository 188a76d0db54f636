import { loadDocument } from '#lib/docs/load-document.ts';
import { methodsAt, refuseRoute } from '#lib/docs/refuse-route.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';
import { preflightHeaders } from '#lib/http/preflight.ts';

const document = () => loadDocument(import.meta.dirname);
const allowedAt = (path: string) => methodsAt(document(), path);

export const handler = defineStaticEndpoint(
  {
    id: 'refuseRoute',
    method: 'ANY',
    path: '$default',
    summary: 'Answer what no other route matches: OPTIONS, and refusals',
    response: {
      status: 204,
      headers: { Allow: (_, { path }) => allowedAt(path).join(', '), ...preflightHeaders(allowedAt) },
    },
    errors: ['route_not_found', 'method_not_allowed'],
  },
  ({ method, path }) => refuseRoute(document(), method, path),
);
