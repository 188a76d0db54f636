import { refuse } from './outbound-error.ts';
import { type HttpExchange, type OutboundResponse, sendRequest } from './send-request.ts';
import type { Upstream } from './upstreams.ts';

/** What another origin may see; everything else could be a credential. */
const harmless = new Set(['accept', 'content-type', 'traceparent', 'user-agent']);

/** Sends a request and follows as many redirects as the upstream allows; with more it is refused. */
export async function sendFollowing(
  upstream: Upstream,
  url: URL,
  exchange: HttpExchange,
  signal: AbortSignal,
  followed = 0,
): Promise<OutboundResponse> {
  const response = await sendRequest(upstream, url, exchange, signal);
  const { location } = response.headers;
  if (upstream.redirects === 0 || !location || ![301, 302, 303, 307, 308].includes(response.status))
    return response;
  if (followed >= upstream.redirects) refuse(`more than ${upstream.redirects} redirects`);
  if (!URL.canParse(location, url.href)) refuse('a redirect leads to no URL');
  const target = new URL(location, url);
  return sendFollowing(
    upstream,
    target,
    redirected(response.status, url, target, exchange),
    signal,
    followed + 1,
  );
}

function redirected(status: number, from: URL, to: URL, exchange: HttpExchange): HttpExchange {
  if (from.protocol === 'https:' && to.protocol !== 'https:') refuse('a redirect leads from https to http');
  const isSameOrigin = from.origin === to.origin;
  const keepsMethod = status === 307 || status === 308 || ['GET', 'HEAD'].includes(exchange.method);
  if (keepsMethod && !isSameOrigin && exchange.body !== undefined)
    refuse('a redirect wants the body to be sent to another origin');
  const headers = Object.entries(exchange.headers).filter(
    ([name]) =>
      (isSameOrigin || harmless.has(name.toLowerCase())) && (keepsMethod || !/^content-/i.test(name)),
  );
  return {
    method: keepsMethod ? exchange.method : 'GET',
    headers: Object.fromEntries(headers),
    body: keepsMethod ? exchange.body : undefined,
  };
}
