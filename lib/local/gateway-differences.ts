type Toolkit = { continue: symbol };
type Request = { headers: Record<string, string | undefined>; state: unknown; response: Response };
type Response = { statusCode?: number; source?: unknown };

/** What is used of the hapi server inside serverless-offline. */
export type GatewayServer = {
  info: { uri: string };
  ext(
    event: 'onRequest' | 'onPreAuth' | 'onPreResponse',
    method: (request: Request, toolkit: Toolkit) => symbol,
  ): void;
  stop(options: { timeout: number }): Promise<void>;
};

/** Undoes what serverless-offline does and API Gateway does not. */
export function behaveLikeApiGateway(server: GatewayServer): void {
  // It allows every origin where the function allowed none. The function sees the header all the same.
  server.ext('onRequest', (request, toolkit) => {
    delete request.headers.origin;
    return toolkit.continue;
  });
  // It refuses cookies that are not to the letter of the standard, and unquotes the others.
  server.ext('onPreAuth', (request, toolkit) => {
    request.state = readCookies(request.headers.cookie);
    return toolkit.continue;
  });
  // It answers 200 and the stack for a function that threw, timed out or could not be loaded.
  server.ext('onPreResponse', ({ response }, toolkit) => {
    if (typeof response.source === 'string' && response.source.startsWith('{"errorMessage":')) {
      response.statusCode = 500;
      response.source = '{"message":"Internal Server Error"}';
    }
    return toolkit.continue;
  });
}

function readCookies(header = ''): Record<string, string[]> {
  const cookies: Record<string, string[]> = Object.create(null);
  for (const pair of header.split(';')) {
    const [name = '', ...value] = pair.trim().split('=');
    if (value.length > 0) cookies[name] = [...(cookies[name] ?? []), value.join('=')];
  }
  return cookies;
}
