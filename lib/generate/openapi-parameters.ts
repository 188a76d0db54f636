import type { AnyEndpointSpec, Schema } from '#lib/http/endpoint-spec.ts';
import { type Json, type OpenApiComponents, refer } from './openapi-components.ts';
import type { EventExample } from './openapi-examples.ts';
import { toJsonSchema } from './openapi-schemas.ts';

const ifMatch: Json = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description:
    'The `ETag` you read, or several, or `*` for any: the write fails with 412 when none is the current one.',
  schema: { type: 'string' },
  example: '"v1"',
};

/** The request headers that some operation honours, by the name of their component. */
const headers = {
  IfMatch: ifMatch,
  RequiredIfMatch: { ...ifMatch, required: true },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of the copy you have: 304 without a body while it is the current one.',
    schema: { type: 'string' },
    example: '"v1"',
  },
  CsrfToken: {
    name: 'X-CSRF-Token',
    in: 'header',
    required: false,
    description:
      'Needed by a browser that leaves `refreshToken` to its cookie: the value of the cookie `csrf_token`, on https `__Host-csrf_token`.',
    schema: { type: 'string' },
    example: 'c2FtcGxl.c2ln',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A repetition with the same key within 24 hours gets the first answer and changes nothing. Bare, or in double quotes.',
    schema: { type: 'string', pattern: '^("[!-~]{1,255}"|[!-~]{1,255})$' },
    example: '7d1f0c8e-8d3b-4d59-9a43-0c8a5f0b8a11',
  },
} satisfies Readonly<Record<string, Json>>;

/** Path, query and header parameters, with the values of the operation's event as examples. */
export function describeParameters(
  spec: AnyEndpointSpec,
  event: EventExample,
  components: OpenApiComponents,
): Json[] {
  const header = (name: keyof typeof headers) => refer(components, 'parameters', name, headers[name]);
  return [
    ...describePlace('path', spec.params, event.path, components),
    ...describePlace('query', spec.query, event.query, components),
    ...(spec.ifMatch ? [header(spec.ifMatch === 'required' ? 'RequiredIfMatch' : 'IfMatch')] : []),
    ...(spec.method === 'GET' && spec.response.headers?.ETag ? [header('IfNoneMatch')] : []),
    ...(spec.readsRefreshCookie ? [header('CsrfToken')] : []),
    ...(spec.idempotent ? [header('IdempotencyKey')] : []),
  ];
}

function describePlace(
  place: 'path' | 'query',
  schema: Schema | undefined,
  values: Readonly<Record<string, string>>,
  components: OpenApiComponents,
): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toJsonSchema(schema, 'input', components) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, examples, ...rest }]) => {
    const example = values[name] === undefined ? (examples as unknown[])?.[0] : read(values[name], rest);
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
      ...(example !== undefined && { example }),
    };
  });
}

function read(text: string, { type }: Json): unknown {
  return type === 'integer' || type === 'number' ? Number(text) : text;
}
