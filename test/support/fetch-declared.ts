import { expect } from 'vitest';
import { findRoute } from '#lib/local/match-route.ts';
import { findBreach, openApiDocument, type SeenAnswer } from './find-breach.ts';

/** Sends a request over HTTP, and checks that the OpenAPI document declares the answer. */
export async function fetchDeclared(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  const breach = await findBreachAt(init.method ?? 'GET', url, {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    cookies: response.headers.getSetCookie(),
    text: await response.clone().text(),
  });
  if (breach) expect.fail(breach);
  return response;
}

/** How an answer that was seen over HTTP breaks the OpenAPI document, and which one it is. */
export async function findBreachAt(
  method: string,
  url: string,
  answer: SeenAnswer,
): Promise<string | undefined> {
  const route = routeOf(method, new URL(url).pathname);
  const breach = await findBreach(route, answer);
  return (
    breach && `${route.method} ${route.path} answers ${answer.status} against the OpenAPI document: ${breach}`
  );
}

function routeOf(method: string, path: string) {
  // A public GET answers HEAD as well.
  const isHead = method === 'HEAD';
  const routeKeys = Object.entries(openApiDocument().paths).flatMap(([template, operations]) =>
    Object.entries(operations)
      .filter(([, { security }]) => !isHead || security.length === 0)
      .map(([name]) => `${name.toUpperCase()} ${template}`),
  );
  const { routeKey = '$default' } = findRoute(routeKeys, isHead ? 'GET' : method, path) ?? {};
  const template = routeKey.replace(/^\w+ /, '');
  return { method: isHead ? 'GET' : method, path: template, isHead };
}
