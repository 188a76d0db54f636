import { errorCatalog } from '#lib/errors/catalog.ts';
import type { AnyEndpointSpec } from '#lib/http/endpoint-spec.ts';
import { errorCodesOf } from '#lib/http/error-codes.ts';
import { ndjsonMediaType } from '#lib/http/ndjson.ts';
import type { Json, OpenApiComponents } from './openapi-components.ts';
import { examplesOf } from './openapi-examples.ts';
import { commonHeaders, describeHeaders, rateLimitHeaders } from './openapi-headers.ts';
import { describeProblem, describeProblems } from './openapi-problems.ts';
import { toJsonSchema } from './openapi-schemas.ts';

const descriptions: Readonly<Record<number, string>> = {
  200: 'Success',
  201: 'Created',
  202: 'Accepted',
  204: 'Done',
};

/** Every status that an operation answers with. */
export function describeResponses(spec: AnyEndpointSpec, components: OpenApiComponents): Json {
  const { response, method } = spec;
  const { status, headers = {}, alternative } = response;
  const counted = [...commonHeaders, ...rateLimitHeaders];
  // OpenAPI has Content-Type in the keys of `content`.
  const declared = Object.keys(headers).filter((name) => name !== 'Content-Type');
  const own = new Set([
    ...declared,
    ...(method === 'GET' ? ['Cache-Control'] : []),
    ...(response.cookies ? ['Set-Cookie'] : []),
    ...(spec.idempotent ? ['Idempotency-Replayed'] : []),
    ...(spec.deprecated ? ['Deprecation', 'Sunset', 'Link'] : []),
  ]);
  const content = describeContent(spec, components, (example) => !alternative?.when(example));
  return {
    [status]: {
      description: descriptions[status],
      headers: describeHeaders(components, [...counted, ...own]),
      ...(content && { content }),
    },
    ...(method === 'GET' &&
      'ETag' in headers && {
        304: {
          description: 'Not modified since the version in `If-None-Match`',
          headers: describeHeaders(components, [...counted, ...own]),
        },
      }),
    ...describeProblems(errorCodesOf(spec), components),
    ...(alternative && { [alternative.status]: describeAlternative(spec, alternative, components) }),
  };
}

/** Another outcome of the operation, under a status that problems have too. */
function describeAlternative(
  spec: AnyEndpointSpec,
  { status, when }: NonNullable<AnyEndpointSpec['response']['alternative']>,
  components: OpenApiComponents,
): Json {
  const codes = [...errorCodesOf(spec)].filter((code) => errorCatalog[code].status === status);
  const problem = describeProblem(codes, components);
  return {
    description: `The same, of what is not well; or ${problem.description}`,
    headers: describeHeaders(components, [...commonHeaders, 'Retry-After'], rateLimitHeaders),
    content: { ...describeContent(spec, components, when), ...(problem.content as Json) },
  };
}

/** With the first example that `isMeant` for the status. */
function describeContent(
  { id, response }: AnyEndpointSpec,
  components: OpenApiComponents,
  isMeant: (example: unknown) => boolean,
): Json | undefined {
  if (!response.schema) return undefined;
  const types = [response.contentType ?? 'application/json', ...(response.otherContentTypes ?? [])];
  const [type = '', ...others] = types.map((value) => value.split(';')[0] ?? '');
  // OpenAPI 3.1 has no word for "one a line": the schema of a sequential media type is that of a line.
  const described = type === ndjsonMediaType ? response.schema.shape.items.element : response.schema;
  const schema = toJsonSchema(described, 'output', components);
  const content = { schema, example: examplesOf(schema, components, id).find(isMeant) };
  return Object.fromEntries([type, ...others].map((name) => [name, content]));
}
