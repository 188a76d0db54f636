import { STATUS_CODES } from 'node:http';
import { findRoute } from './match-route.ts';

type Toolkit = { continue: symbol };
type Request = {
  method: string;
  headers: Record<string, string | undefined>;
  state: unknown;
  response: Response;
  readonly raw: {
    readonly req: { readonly url?: string; readonly method?: string; readonly rawHeaders: string[] };
  };
  setMethod(method: string): void;
  setUrl(url: string, stripTrailingSlash: boolean): void;
};
type Response = {
  statusCode?: number;
  source?: unknown;
  /** Of an answer that hapi gives itself. */
  isBoom?: boolean;
  output?: { readonly statusCode: number; payload: unknown };
};

/** What is used of the hapi server inside serverless-offline. */
export type GatewayServer = {
  info: { uri: string };
  settings: { compression: unknown };
  ext(
    event: 'onRequest' | 'onPreAuth' | 'onPreResponse',
    method: (request: Request, toolkit: Toolkit) => symbol,
  ): void;
  stop(options: { timeout: number }): Promise<void>;
};

// A method that no route has leads to the catch-all.
const noMethod = 'x-none';

/** Undoes what serverless-offline does and API Gateway does not. */
export function behaveLikeApiGateway(server: GatewayServer, routeKeys: readonly string[]): void {
  server.settings.compression = false;
  server.ext('onRequest', (request, toolkit) => {
    // It allows every origin where the function allowed none, and sends parts. The function sees the headers all the same.
    delete request.headers.origin;
    delete request.headers.range;
    matchAsApiGateway(request, routeKeys);
    keepContentType(request);
    return toolkit.continue;
  });
  server.ext('onPreAuth', (request, toolkit) => {
    request.method = (request.raw.req.method ?? 'GET').toLowerCase();
    // It refuses cookies that are not to the letter of the standard, and unquotes the others.
    request.state = readCookies(request.headers.cookie);
    return toolkit.continue;
  });
  server.ext('onPreResponse', ({ response }, toolkit) => {
    // It answers 200 and the stack for a function that threw, timed out or could not be loaded.
    if (typeof response.source === 'string' && response.source.startsWith('{"errorMessage":')) {
      response.statusCode = 500;
      response.source = '{"message":"Internal Server Error"}';
    }
    if (response.isBoom && response.output)
      response.output.payload = { message: STATUS_CODES[response.output.statusCode] };
    return toolkit.continue;
  });
}

/** It takes HEAD for GET, and a slash at the end for none. */
function matchAsApiGateway(request: Request, routeKeys: readonly string[]): void {
  const { url = '/', method = 'GET' } = request.raw.req;
  const [path = '/'] = url.split('?');
  if (path.length > 1 && path.endsWith('/')) request.setUrl(url, false);
  if (findRoute(routeKeys, method, path)?.routeKey === '$default') request.setMethod(noMethod);
}

/** It calls a body JSON that does not say what it is. */
function keepContentType({ headers, raw }: Request): void {
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  if (hasBody && headers['content-type'] === undefined) raw.req.rawHeaders.push('content-type', ' ');
}

function readCookies(header = ''): Record<string, string[]> {
  const cookies: Record<string, string[]> = Object.create(null);
  for (const pair of header.split(';')) {
    const [name = '', ...value] = pair.trim().split('=');
    if (value.length > 0) cookies[name] = [...(cookies[name] ?? []), value.join('=')];
  }
  return cookies;
}
