import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ValidateFunction } from 'ajv/dist/2020.js';

interface Route {
  readonly method: string;
  /** A template of the document, or `$default` for what matches none. */
  readonly path: string;
  /** The answer is that of GET without its body. */
  readonly isHead?: boolean;
}

export interface SeenAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly text: string;
}

interface Content {
  readonly [mediaType: string]: { readonly schema: object };
}
interface Response {
  readonly headers?: Readonly<Record<string, Reference & { required?: boolean; schema?: { type?: string } }>>;
  readonly content?: Content;
}
interface Reference {
  readonly $ref?: string;
}
interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly responses: Responses;
}
type Responses = Readonly<Record<string, Response & Reference>>;

/** Where a client puts it, and its name there. */
type Described = Readonly<Record<string, { readonly in?: string; readonly name?: string }>>;

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly 'x-unmatched': Responses;
  readonly components: {
    readonly schemas: object;
    readonly headers: object;
    readonly parameters: Described;
    readonly securitySchemes: Described;
  };
}

const file = join(import.meta.dirname, '../../functions/docs/openapi.json');

let document: Document | undefined;

/** The committed OpenAPI document; `operations.test.ts` says that it is what the handlers say. */
export function openApiDocument(): Document {
  document ??= JSON.parse(readFileSync(file, 'utf8')) as Document;
  return document;
}

/** The id that the document has for a route; undefined for one that only a test has. */
export function operationIdAt({ method, path }: Route): string | undefined {
  return openApiDocument().paths[path]?.[method.toLowerCase()]?.operationId;
}

/** How an answer breaks the document: by its status, media type, a header, or a property that is wrong or not declared. */
export async function findBreach(route: Route, answer: SeenAnswer): Promise<string | undefined> {
  const { paths, 'x-unmatched': unmatched } = openApiDocument();
  const responses =
    route.path === '$default' ? unmatched : paths[route.path]?.[route.method.toLowerCase()]?.responses;
  const declared = responses?.[answer.status];
  if (!declared) return `the status ${answer.status} is not declared`;
  const response = resolve<Response>(declared);
  const { content } = route.isHead ? {} : response;
  return (await findBreachOfHeaders(response, answer)) ?? (await findBreachOfBody(content, answer));
}

async function findBreachOfHeaders(
  { headers = {} }: Response,
  answer: SeenAnswer,
): Promise<string | undefined> {
  for (const [name, reference] of Object.entries(headers)) {
    const { required, schema } = resolve<typeof reference>(reference);
    const text = name === 'Set-Cookie' ? answer.cookies[0] : answer.headers[name.toLowerCase()];
    if (text === undefined && required) return `the header ${name} is missing`;
    if (text === undefined || !schema) continue;
    const value = ['integer', 'number'].includes(schema.type ?? '') ? Number(text) : text;
    const problem = await findProblem(schema, value);
    if (problem) return `the header ${name} is "${text}": ${problem}`;
  }
  return undefined;
}

async function findBreachOfBody(content: Content | undefined, { headers, text }: SeenAnswer) {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (!content) return text === '' ? undefined : 'a body is not declared';
  const declared = content[type];
  if (!declared) return `the media type "${type}" is not declared`;
  for (const value of valuesOf(type, text)) {
    const problem = await findProblem(declared.schema, value);
    if (problem) return `the body ${problem}`;
  }
  return undefined;
}

function valuesOf(type: string, text: string): unknown[] {
  if (type === 'application/x-ndjson')
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return [/[/+]json$/.test(type) ? JSON.parse(text) : text];
}

type Compile = (schema: object) => ValidateFunction;
let compiler: Promise<Compile> | undefined;
const compiled = new WeakMap<object, ValidateFunction>();

async function findProblem(schema: object, value: unknown): Promise<string | undefined> {
  compiler ??= createCompiler();
  const compile = await compiler;
  const validate = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, validate);
  if (validate(value)) return undefined;
  return validate.errors
    ?.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ');
}

/** Ajv takes 50 ms to load, and a schema 1 ms to compile: both wait for the first answer that needs them. */
export async function createCompiler(): Promise<Compile> {
  const [{ Ajv2020 }, { default: addFormats }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
  ]);
  const ajv = new Ajv2020({
    strict: false,
    // The linter has checked the schemas.
    validateSchema: false,
    meta: false,
    // Each is used a few times: to compile it has to be quick, a fifth of the time of optimized code.
    inlineRefs: false,
    code: { optimize: false },
  });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'openapi.json', components: { schemas: openApiDocument().components.schemas } });
  return (schema) =>
    ajv.compile(
      JSON.parse(
        JSON.stringify(schema).replaceAll('"$ref":"#/components', '"$ref":"openapi.json#/components'),
      ),
    );
}

function resolve<T>(node: T & Reference): T {
  if (!node.$ref) return node;
  const keys = node.$ref.split('/').slice(1);
  return keys.reduce(
    (value, key) => (value as Record<string, unknown>)[key],
    openApiDocument() as unknown,
  ) as T;
}
