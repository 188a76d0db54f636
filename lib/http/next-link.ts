import type { HttpRequest } from './http-request.ts';

/** The `Link` header (RFC 8288) of a page that has a next one: the same request with the new cursor. */
export function nextLink(
  { nextCursor }: { nextCursor?: string | undefined },
  { path, query }: Pick<HttpRequest, 'path' | 'query'>,
): string | undefined {
  if (nextCursor === undefined) return undefined;
  const next = new URLSearchParams(query);
  next.set('cursor', nextCursor);
  return `<${path}?${next}>; rel="next"`;
}
