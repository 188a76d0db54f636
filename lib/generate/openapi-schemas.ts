import * as z from 'zod';
import type { Schema } from '#lib/http/endpoint-spec.ts';
import { type Json, type OpenApiComponents, refer } from './openapi-components.ts';

/**
 * JSON Schema of a zod schema: of what is sent (`input`), or of what is answered (`output`), where a property that is not declared is
 * an error. Schemas with an id become components and are referenced.
 */
export function toJsonSchema(schema: Schema, io: 'input' | 'output', components: OpenApiComponents): Json {
  const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  for (const [name, definition] of Object.entries($defs as Json))
    refer(components, 'schemas', name, toOpenApi(definition) as Json);
  const described = toOpenApi(root) as Json;
  return typeof root.id === 'string' ? refer(components, 'schemas', root.id, described) : described;
}

// Their values are no schemas.
const literals = new Set(['const', 'default', 'enum', 'examples', 'required']);

function toOpenApi(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toOpenApi);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(withNamedProperties(node as Json)).flatMap(toKeyword));
}

function toKeyword([key, value]: [string, unknown]): [string, unknown][] {
  // The name of a component.
  if (key === 'id') return [];
  if (key === '$ref') return [[key, String(value).replace('#/$defs/', '#/components/schemas/')]];
  if (key === 'example') return [['examples', [value]]];
  if (key === 'properties') return [[key, mapValues(value as Json, toOpenApi)]];
  return [[key, literals.has(key) ? value : toOpenApi(value)]];
}

function mapValues(values: Json, map: (value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

/** A record whose keys are listed says so by `propertyNames`, which generators of code do not read. */
function withNamedProperties({ propertyNames, additionalProperties, ...node }: Json): Json {
  const names = (propertyNames as { enum?: string[] } | undefined)?.enum;
  if (names && node.required)
    return {
      ...node,
      properties: Object.fromEntries(names.map((name) => [name, additionalProperties])),
      additionalProperties: false,
    };
  return {
    ...node,
    ...(propertyNames !== undefined && { propertyNames }),
    ...(additionalProperties !== undefined && { additionalProperties }),
  };
}
