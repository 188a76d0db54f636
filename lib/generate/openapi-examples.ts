import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EndpointOperation } from './load-operations.ts';
import type { OpenApiComponents } from './openapi-components.ts';

const root = join(import.meta.dirname, '../..');

/** The request of an operation's event file: an example that the tests send. */
export interface EventExample {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Of NDJSON its first line. */
  readonly body: unknown;
}

/** Throws for an operation that has no event file yet. */
export function readEvent({ module, spec }: Pick<EndpointOperation, 'module' | 'spec'>): EventExample {
  const path = `${module.replace('functions/', 'events/')}.json`;
  if (!existsSync(join(root, path)))
    throw new Error(
      `${spec.id} needs ${path}: a request that the document shows and \`npm run invoke\` sends`,
    );
  const { pathParameters, rawQueryString, body } = JSON.parse(readFileSync(join(root, path), 'utf8'));
  const json = spec.bodyFormat === 'ndjson' ? body.split('\n')[0] : body;
  return {
    path: pathParameters ?? {},
    query: Object.fromEntries(new URLSearchParams(rawQueryString)),
    body: json && JSON.parse(json),
  };
}

/** The keywords of JSON Schema that an example is made from. */
interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly format?: string;
}

const formats: Readonly<Record<string, string>> = {
  uuid: '01980000-0000-7000-8000-000000000001',
  'date-time': '2026-11-02T09:30:00.000Z',
  email: 'ada@example.com',
};

/**
 * Values of the schema, the same every time: what `.meta({ examples })` says, else one that is made. Throws for a text that has
 * neither example nor format, for nobody learns anything from "string"; a schema without an id is named `at`.
 */
export function examplesOf(
  schema: JsonSchema,
  components: OpenApiComponents,
  at: string,
): readonly unknown[] {
  const { examples } = schema.$ref ? resolve(schema.$ref, components) : schema;
  return examples ?? [exampleOf(schema, components, at)];
}

function resolve(reference: string, components: OpenApiComponents): JsonSchema {
  return components.schemas[reference.split('/').at(-1) ?? ''] as JsonSchema;
}

function exampleOf(schema: JsonSchema, components: OpenApiComponents, at: string): unknown {
  const [given] = [...(schema.examples ?? []), schema.default, schema.const, ...(schema.enum ?? [])].filter(
    (value) => value !== undefined,
  );
  if (given !== undefined) return given;
  if (schema.$ref) return exampleOf(resolve(schema.$ref, components), components, schema.$ref);
  const [alternative] = schema.anyOf ?? schema.oneOf ?? [];
  return alternative ? exampleOf(alternative, components, at) : exampleOfType(schema, components, at);
}

function exampleOfType(schema: JsonSchema, components: OpenApiComponents, at: string): unknown {
  const { properties = {}, items, minimum = 1, format = '' } = schema;
  // With null there are two.
  const [type] = [schema.type].flat();
  if (type === 'object')
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        exampleOf(property, components, `${at}.${name}`),
      ]),
    );
  if (type === 'array' && items) return [exampleOf(items, components, `${at}[]`)];
  if (type === 'integer' || type === 'number') return Math.max(1, minimum);
  if (type === 'boolean') return true;
  const text = formats[format];
  if (text === undefined) throw new Error(`${at} needs an example: .meta({ example: … })`);
  return text;
}
