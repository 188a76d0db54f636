import { refuse } from './outbound-error.ts';
import { type HttpExchange, type Send, sendRequest } from './send-request.ts';

/** What another origin may see; everything else could be a credential. */
const harmless = new Set(['accept', 'content-type', 'traceparent', 'user-agent']);

/** Sends a request and follows so many redirects, each checked as the first address was; refuses when there are more. */
export function following(redirects: number): Send {
  return async (limits, url, exchange, signal) => {
    const response = await sendRequest(limits, url, exchange, signal);
    const { location } = response.headers;
    if (!location || ![301, 302, 303, 307, 308].includes(response.status)) return response;
    if (redirects === 0) refuse('one redirect too many');
    if (!URL.canParse(location, url.href)) refuse('a redirect leads to no URL');
    const target = new URL(location, url);
    return following(redirects - 1)(
      limits,
      target,
      redirected(response.status, url, target, exchange),
      signal,
    );
  };
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
