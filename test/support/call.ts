import { expect } from 'vitest';
import { type ErrorCode, errorCatalog } from '#lib/errors/catalog.ts';
import type { Endpoint } from '#lib/http/create-pipeline.ts';
import { errorCodesOf } from '#lib/http/error-codes.ts';
import { type CallOptions, lambdaContext, toEvent } from './event.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the answer has.
  body: any;
  text: string;
}

/** Sends one request through a handler as API Gateway would, and checks that the contract declares the answer. */
export async function call(endpoint: Endpoint, options: CallOptions = {}): Promise<Answer> {
  const response = await endpoint(toEvent(endpoint, options), lambdaContext());
  const text = response.body ?? '';
  const headers = Object.fromEntries(
    Object.entries(response.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const isJson = /[/+]json/.test(headers['content-type'] ?? '');
  const answer = {
    status: Number(response.statusCode),
    headers,
    cookies: response.cookies ?? [],
    body: isJson ? JSON.parse(text) : text,
    text,
  };
  assertDeclared(endpoint, answer);
  return answer;
}

function assertDeclared({ spec }: Endpoint, { status, body, headers }: Answer): void {
  if (headers['content-type'] === 'application/problem+json') {
    expect([...errorCodesOf(spec)], `${spec.id} answers ${body.code}`).toContain(body.code);
    expect(errorCatalog[body.code as ErrorCode].status).toBe(status);
    return;
  }
  const { response } = spec;
  expect([response.status, 304, response.alternative?.status]).toContain(status);
}
