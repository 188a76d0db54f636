import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';
import { call } from '#test/support/call.ts';
import { takeErrorLogs } from '#test/support/fail-on-error-log.ts';

const leaks = [
  'hunter2',
  'select * from users',
  '/srv/app/db.ts',
  'postgres://plinth:pw@db',
  'at Object.<anonymous>',
];
const text = fc
  .tuple(fc.string(), fc.constantFrom(...leaks), fc.string())
  .map(([before, leak, after]) => before + leak + after);

class QueryFailed extends Error {
  readonly query = leaks[1];
  readonly params = [leaks[0]];
}

function hostile(leak: string): never {
  throw new Error(leak);
}

/** What code and libraries throw, and what nobody should. */
const makers: ((message: string) => unknown)[] = [
  (message) => message,
  (message) => new Error(message),
  (message) => new QueryFailed(message),
  (message) => new RangeError('outer', { cause: message }),
  (message) => new AggregateError([new Error(message), message], message),
  (message) => ({ message, statusCode: 418, status: 200, headers: { 'x-leak': message } }),
  (message) => Object.assign(new Error(message), { statusCode: 404, expose: true, body: message }),
  (message) => ({ toString: () => message, toJSON: () => message }),
  (message) => withGetter('message', message),
  (message) => withGetter('code', message),
  (message) => withGetter('cause', message),
  (message) => withGetter('stack', message),
  (message) => withGetter('name', message),
  (message) => new Proxy(new Error(message), { get: () => hostile(message) }),
  (message) => new Proxy({}, { getPrototypeOf: () => hostile(message), has: () => hostile(message) }),
  (message) => ({ [Symbol.toPrimitive]: () => hostile(message), [inspect.custom]: () => hostile(message) }),
  (message) => {
    const error = new Error(message);
    error.cause = new Error(message, { cause: error });
    return error;
  },
  (message) => new Error(message.repeat(20_000)),
  (message) => () => message,
  (message) => Promise.resolve(message),
  (message) => Symbol(message),
  (message) => Object.freeze(new Error(message)),
];
const thrown = fc.oneof(
  fc.tuple(fc.constantFrom(...makers), text).map(
    ([make, message]) =>
      () =>
        make(message),
  ),
  fc.tuple(fc.constantFrom(...makers), text).map(
    ([make, message]) =>
      () =>
        make(message),
  ),
  fc.constantFrom(null, undefined, 0, Number.NaN, true, 7n, Object.create(null)).map((value) => () => value),
  fc
    .anything({ withBigInt: true, withMap: true, withNullPrototype: true, withTypedArray: true })
    .map((value) => () => value),
);

function withGetter(property: string, message: string): Error {
  return Object.defineProperty(new Error('x'), property, { get: () => hostile(message) });
}

test('500 thrown values of all kinds become the same 500, which tells nothing, and one log entry each', async () => {
  let value: unknown;
  const endpoint = defineStaticEndpoint(
    {
      id: 'throwAnything',
      method: 'GET',
      path: '/throw',
      summary: 'Throw',
      response: { status: 200, schema: z.string() },
    },
    () => {
      throw value;
    },
  );
  for (const make of fc.sample(thrown, { numRuns: 500, seed: 20 })) {
    value = make();
    const { status, body, text: answer, headers } = await call(endpoint);
    expect(body).toEqual({
      type: '/problems/internal',
      title: 'Internal error',
      status: 500,
      instance: '/throw',
      code: 'internal',
      requestId: headers['x-request-id'],
      retryable: false,
    });
    expect(status).toBe(500);
    const told = answer + JSON.stringify(headers);
    expect(leaks.filter((leak) => told.includes(leak))).toEqual([]);
    expect(takeErrorLogs()).toHaveLength(1);
  }
});
