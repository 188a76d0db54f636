import * as z from 'zod';
import { type ErrorCode, errorCatalog } from '#lib/errors/catalog.ts';
import { type Access, isForPeople } from '#lib/http/authorize.ts';
import type { AnyEndpointSpec, Schema } from '#lib/http/endpoint-spec.ts';
import { errorCodesOf } from '#lib/http/error-codes.ts';
import { ndjsonMediaType } from '#lib/http/ndjson.ts';
import { Problem } from '#lib/http/problem-schema.ts';
import { bodyMediaTypes } from '#lib/http/read-body.ts';
import { describeDeprecation } from './deprecations.ts';
import type { EndpointOperation } from './load-operations.ts';
import { describeAccess } from './route-table.ts';

type Json = Record<string, unknown>;
interface Components {
  readonly schemas: Json;
  readonly responses: Json;
}

/** The OpenAPI 3.1 document of all endpoints; schemas with an id become components. */
export function renderOpenApi(endpoints: readonly EndpointOperation[], version: string): string {
  const components: Components = { schemas: {}, responses: {} };
  const paths: Record<string, Json> = {};
  for (const { spec, area } of endpoints) {
    if (spec.path === '$default') continue;
    paths[spec.path] ??= {};
    (paths[spec.path] as Json)[spec.method.toLowerCase()] = describeOperation(spec, area, components);
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Plinth API',
      version,
      description:
        'Projects of an organization, with identity, health and documentation. Errors are RFC 9457 problems.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      ...components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'X-API-Key',
          description: 'Ignored beside an Authorization header; counts before a cookie.',
        },
        cookie: { type: 'apiKey', in: 'cookie', name: 'auth_token' },
      },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function describeOperation(spec: AnyEndpointSpec, area: string, components: Components): Json {
  const { schemas } = components;
  return {
    operationId: spec.id,
    tags: [area],
    summary: spec.summary,
    ...(spec.description && { description: spec.description }),
    ...(spec.deprecated && describeDeprecation(spec)),
    security: describeSecurity(spec.access),
    'x-access': describeAccess(spec.access),
    'x-rate-limit': spec.rateLimit,
    parameters: [
      ...describeParameters('path', spec.params, schemas),
      ...describeParameters('query', spec.query, schemas),
      ...(spec.ifMatch ? [ifMatchParameter(spec.ifMatch)] : []),
      ...(spec.idempotent ? [idempotencyKeyParameter] : []),
    ],
    ...(spec.body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          bodyMediaTypes(spec).map((type) => [type, { schema: toJsonSchema(spec.body, 'input', schemas) }]),
        ),
      },
    }),
    responses: { ...describeSuccess(spec, schemas), ...describeProblems(spec, components) },
  };
}

function describeSecurity(access: Access): Json[] {
  if (access === 'public') return [];
  const person = [{ bearer: [] }, { cookie: [] }];
  return isForPeople(access) ? person : [...person, { apiKey: [] }];
}

function describeSuccess({ response }: AnyEndpointSpec, schemas: Json): Json {
  const description = { 202: 'Accepted', 204: 'Done' }[response.status] ?? 'Success';
  if (!response.schema) return { [response.status]: { description } };
  const headers = Object.fromEntries(
    // OpenAPI has Content-Type in the keys of `content`.
    Object.keys(response.headers ?? {})
      .filter((name) => name !== 'Content-Type')
      .map((name) => [name, { schema: { type: 'string' } }]),
  );
  const types = [response.contentType ?? 'application/json', ...(response.otherContentTypes ?? [])];
  const [type = '', ...others] = types.map((value) => value.split(';')[0] ?? '');
  // OpenAPI 3.1 has no word for "one a line": the schema of a sequential media type is that of a line.
  const described = type === ndjsonMediaType ? response.schema.shape.items.element : response.schema;
  const schema = toJsonSchema(described, 'output', schemas);
  const content = Object.fromEntries([type, ...others].map((name) => [name, { schema }]));
  const success = { description, ...(Object.keys(headers).length > 0 && { headers }), content };
  return {
    [response.status]: success,
    ...(headers.ETag && { 304: { description: 'Not modified since the version in If-None-Match' } }),
    ...(response.alternative && { [response.alternative.status]: success }),
  };
}

function describeProblems(spec: AnyEndpointSpec, components: Components): Json {
  const byStatus = Map.groupBy<number, ErrorCode>(errorCodesOf(spec), (code) => errorCatalog[code].status);
  const alternative = spec.response.alternative?.status;
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => status !== alternative)
      .sort(([a], [b]) => a - b)
      .map(([status, codes]) => [status, referToProblem(codes, components)]),
  );
}

/** One shared response for each combination of codes that some route answers under one status. */
function referToProblem(codes: readonly ErrorCode[], components: Components): Json {
  const name = codes.join('_or_');
  components.responses[name] = {
    description: codes.map((code) => `\`${code}\`: ${errorCatalog[code].title}`).join('; '),
    content: { 'application/problem+json': { schema: toJsonSchema(Problem, 'output', components.schemas) } },
  };
  return { $ref: `#/components/responses/${name}` };
}

function describeParameters(place: 'path' | 'query', schema: Schema | undefined, schemas: Json): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toJsonSchema(schema, 'input', schemas) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...parameter }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: parameter,
  }));
}

function ifMatchParameter(requirement: 'optional' | 'required'): Json {
  return {
    name: 'If-Match',
    in: 'header',
    required: requirement === 'required',
    description: 'The `ETag` you read; the write fails with 412 when it is no longer the current one.',
    schema: { type: 'string', examples: ['"v1"'] },
  };
}

const idempotencyKeyParameter: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A repetition with the same key within 24 hours gets the first answer and changes nothing.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

/** JSON Schema of a zod schema; registered ids are moved to the components and referenced. */
function toJsonSchema(schema: Schema | undefined, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema as Schema, { io, unrepresentable: 'any' }) as Json;
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node)
      // The name of a component; as a property, `id` is a schema.
      .filter(([key, value]) => key !== 'id' || typeof value !== 'string')
      .map(([key, value]) => [
        key,
        key === '$ref' ? String(value).replace('#/$defs/', '#/components/schemas/') : resolve(value),
      ]);
    return Object.fromEntries(entries);
  };
  for (const [name, definition] of Object.entries($defs as Json)) schemas[name] = resolve(definition);
  if (typeof root.id !== 'string') return resolve(root) as Json;
  schemas[root.id] = resolve(root);
  return { $ref: `#/components/schemas/${root.id}` };
}
