import { openApiDocument } from '#test/support/find-breach.ts';

/** What the document uses of JSON Schema 2020-12. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object';
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly propertyNames?: JsonSchema;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface DeclaredOperation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter & { readonly $ref?: string })[];
  readonly requestBody?: { readonly content: Content };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DeclaredOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const published = openApiDocument() as unknown as Document;

/** The operations of the document, by id. */
export const declaredOperations = new Map(
  Object.values(published.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => [operation.operationId, operation] as const),
  ),
);

/** Follows a reference within the document; anything else is returned as it is. */
export function resolve<T extends { readonly $ref?: string | undefined }>(node: T): T {
  if (node.$ref === undefined) return node;
  const steps = node.$ref.replace('#/', '').split('/');
  const target = steps.reduce<unknown>(
    (at, step) =>
      (at as Record<string, unknown>)[decodeURIComponent(step).replace(/~1/g, '/').replace(/~0/g, '~')],
    published,
  );
  return resolve(target as T);
}

/** The parameters of an operation at one place. */
export function parametersIn({ parameters = [] }: DeclaredOperation, place: Parameter['in']): Parameter[] {
  return parameters.map(resolve).filter((parameter) => parameter.in === place);
}

/** The schema of the request body, which all its media types share. */
export function bodySchemaOf({ requestBody }: DeclaredOperation): JsonSchema | undefined {
  return requestBody && Object.values(requestBody.content)[0]?.schema;
}

/** The components that requests are made of, by name; the answers have others. */
export const inputComponents: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  [
    ...namesIn(
      [...declaredOperations.values()].flatMap((operation) => [
        bodySchemaOf(operation),
        ...(operation.parameters ?? []).map(resolve),
      ]),
    ),
  ].map((name) => [name, published.components.schemas[name] as JsonSchema]),
);

function namesIn(node: unknown, found = new Set<string>()): Set<string> {
  for (const [, name = ''] of JSON.stringify(node).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (found.has(name)) continue;
    found.add(name);
    namesIn(published.components.schemas[name], found);
  }
  return found;
}
