import type { AnyEndpointSpec } from '#lib/http/endpoint-spec.ts';
import { bodyLimitOf, bodyMediaTypes } from '#lib/http/read-body.ts';
import { describeDeprecation } from './deprecations.ts';
import type { EndpointOperation } from './load-operations.ts';
import type { Json, OpenApiComponents } from './openapi-components.ts';
import { readEvent } from './openapi-examples.ts';
import { describeParameters } from './openapi-parameters.ts';
import { describeResponses } from './openapi-responses.ts';
import { toJsonSchema } from './openapi-schemas.ts';
import { describeSecurity, securitySchemes } from './openapi-security.ts';
import { describeTags } from './openapi-tags.ts';
import { describeAccess } from './route-table.ts';

const description = `Projects of an organization, with identity, health and documentation.

Errors are RFC 9457 problems: switch on \`code\`, which is stable; \`type\` leads to its page. A list is read page by page until
\`nextCursor\` is absent. A request may name itself by \`X-Request-Id\` (8 to 128 of \`A-Za-z0-9_-\`) and its trace by \`traceparent\`.

API Gateway answers some requests before they get here (above 10 MB, or when it cannot reach a function): with a JSON object that has a
\`message\` and no \`code\`.`;

/** The OpenAPI 3.1 document of all endpoints; schemas with an id become components. */
export function renderOpenApi(endpoints: readonly EndpointOperation[], version: string): string {
  const components: OpenApiComponents = {
    schemas: {},
    responses: {},
    parameters: {},
    examples: {},
    headers: {},
  };
  const routes = endpoints.filter(({ spec }) => spec.path !== '$default');
  const paths: Record<string, Json> = {};
  for (const endpoint of routes) {
    const { spec } = endpoint;
    paths[spec.path] ??= {};
    (paths[spec.path] as Json)[spec.method.toLowerCase()] = describeOperation(endpoint, components);
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Plinth API',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Wherever this document was read' }],
    tags: describeTags(routes.map(({ area }) => area)),
    paths,
    // OpenAPI has no place for answers to requests that match no path.
    'x-unmatched': Object.fromEntries(
      endpoints
        .filter(({ spec }) => spec.path === '$default')
        .flatMap(({ spec }) => Object.entries(describeResponses(spec, components))),
    ),
    components: { ...components, securitySchemes },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function describeOperation(operation: EndpointOperation, components: OpenApiComponents): Json {
  const { spec, area } = operation;
  const event = readEvent(operation);
  return {
    operationId: spec.id,
    tags: [area],
    summary: spec.summary,
    ...(spec.description && { description: spec.description }),
    ...(spec.deprecated && describeDeprecation(spec)),
    security: describeSecurity(spec),
    'x-access': describeAccess(spec.access),
    'x-rate-limit': spec.rateLimit,
    parameters: describeParameters(spec, event, components),
    ...(spec.body && { requestBody: describeBody(spec, event.body, components) }),
    responses: describeResponses(spec, components),
  };
}

function describeBody(spec: AnyEndpointSpec, example: unknown, components: OpenApiComponents): Json {
  const content = { schema: toJsonSchema(spec.body, 'input', components), example };
  return {
    description: `At most ${bodyLimitOf(spec)} bytes.`,
    required: true,
    content: Object.fromEntries(bodyMediaTypes(spec).map((type) => [type, content])),
  };
}
