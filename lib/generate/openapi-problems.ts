import { type ErrorCode, errorCatalog } from '#lib/errors/catalog.ts';
import { errorExplanations } from '#lib/errors/explanations.ts';
import { Problem } from '#lib/http/problem-schema.ts';
import { type Json, type OpenApiComponents, refer } from './openapi-components.ts';
import { commonHeaders, describeHeaders, rateLimitHeaders } from './openapi-headers.ts';
import { toJsonSchema } from './openapi-schemas.ts';

export const problemMediaType = 'application/problem+json';

/** The headers that come with a code, besides those of its status. */
const headersOfCode: { readonly [code in ErrorCode]?: readonly string[] } = {
  request_in_progress: ['Retry-After'],
  precondition_failed: ['ETag'],
  method_not_allowed: ['Allow'],
};
const headersOfStatus: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
  504: ['Retry-After'],
};

const codes = Object.keys(errorCatalog) as ErrorCode[];
const fieldError = { $ref: '#/components/schemas/FieldError' };

/** The problem responses of an operation by status; those with the same codes share a component. */
export function describeProblems(declared: ReadonlySet<ErrorCode>, components: OpenApiComponents): Json {
  // In the order of the catalogue, so that a name does not depend on who declares what first.
  const byStatus = Map.groupBy(
    codes.filter((code) => declared.has(code)),
    (code) => errorCatalog[code].status,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      refer(components, 'responses', codes.map(pascalCase).join('Or'), describeProblem(codes, components)),
    ]),
  );
}

/** The answer with one of these codes, which have one status. */
export function describeProblem(codes: readonly ErrorCode[], components: OpenApiComponents): Json {
  const schemas = codes.map((code) => referToSchema(code, components));
  const { status } = errorCatalog[codes[0] as ErrorCode];
  const own = codes.map((code) => headersOfCode[code] ?? []);
  const always = (own[0] ?? []).filter((name) => own.every((names) => names.includes(name)));
  // What fails inside the service may fail before the request is counted, or measured.
  const common = status < 500 ? [...commonHeaders, ...rateLimitHeaders] : ['X-Request-Id'];
  return {
    description: codes
      .map((code) => `[\`${code}\`](/problems/${code}): ${errorCatalog[code].title}`)
      .join('; '),
    headers: describeHeaders(
      components,
      [...common, ...(headersOfStatus[status] ?? []), ...always],
      own.flat().filter((name) => !always.includes(name)),
    ),
    content: {
      [problemMediaType]: {
        schema: schemas.length === 1 ? schemas[0] : { oneOf: schemas },
        examples: Object.fromEntries(codes.map((code) => [code, referToExample(code, components)])),
      },
    },
  };
}

/** One schema a code, so that a client can switch on it. */
function referToSchema(code: ErrorCode, components: OpenApiComponents): Json {
  const { status, retryable } = errorCatalog[code];
  const problem = toJsonSchema(Problem, 'output', components);
  const own =
    code === 'validation_failed' ? { errors: { type: 'array', items: fieldError, minItems: 1 } } : {};
  return refer(components, 'schemas', `${pascalCase(code)}Problem`, {
    description: errorExplanations[code],
    externalDocs: { url: `/problems/${code}`, description: 'The page of the problem' },
    type: 'object',
    allOf: [problem],
    properties: {
      type: { type: 'string', const: `/problems/${code}` },
      status: { type: 'integer', const: status },
      code: { type: 'string', const: code },
      retryable: { type: 'boolean', const: retryable },
      ...own,
    },
    required: ['type', 'status', 'code', 'retryable', ...Object.keys(own)],
  });
}

function referToExample(code: ErrorCode, components: OpenApiComponents): Json {
  const { status, title, retryable } = errorCatalog[code];
  return refer(components, 'examples', pascalCase(code), {
    summary: title,
    value: {
      type: `/problems/${code}`,
      title,
      status,
      ...(status < 500 && { detail: errorExplanations[code].split('. ')[0] }),
      instance: '/api/v1/projects',
      code,
      requestId: '4f7c2a52-0b0c-4b8e-9c0e-6f2d8f1f6a10',
      retryable,
      ...(code === 'validation_failed' && {
        errors: [
          {
            in: 'body',
            pointer: '/name',
            code: 'too_small',
            detail: 'Too small: expected string to have >=1 characters',
          },
        ],
      }),
    },
  });
}

function pascalCase(code: string): string {
  return code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
