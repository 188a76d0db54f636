import type * as z from 'zod';
import { AppError, type FieldError } from '#lib/errors/app-error.ts';
import type { AnyEndpointSpec, Schema } from './endpoint-spec.ts';
import { toFieldErrors } from './field-errors.ts';
import type { HttpRequest } from './http-request.ts';
import { parseIfMatch } from './if-match.ts';
import { parseLines } from './ndjson.ts';
import { nearestName } from './nearest-name.ts';

// A body of unknown fields must not be answered with a longer one.
const maxErrors = 100;

/** The declared parts of the request, parsed; throws `validation_failed` with every broken rule at once. */
export function parseInput(spec: AnyEndpointSpec, request: HttpRequest) {
  const problems: FieldError[] = [];
  const read = (part: FieldError['in'], schema: Schema | undefined, value: unknown) => {
    if (!schema) return undefined;
    const result = schema.safeParse(value);
    if (!result.success) problems.push(...toFieldErrors(part, result.error.issues));
    return result.data;
  };
  const input = {
    params: read('path', spec.params, request.pathParameters),
    query: spec.query && read('query', spec.query, readQuery(spec.query, request.query)),
    body:
      spec.bodyFormat === 'ndjson'
        ? parseLines(spec.body, String(request.body))
        : read('body', spec.body, request.body),
    ifMatch: spec.ifMatch && parseIfMatch(request.headers['if-match'], spec.ifMatch),
  };
  if (problems.length > 0)
    throw new AppError('validation_failed', `${problems.length} part(s) of the request break a rule`, {
      errors: problems.slice(0, maxErrors),
    });
  return input;
}

function readQuery(schema: z.ZodObject, query: URLSearchParams): Record<string, string> {
  const known = Object.keys(schema.shape);
  const values: Record<string, string> = {};
  for (const [name, value] of query) {
    if (!known.includes(name))
      throw new AppError(
        'unknown_parameter',
        `"${name}" is not a parameter here; the nearest is "${nearestName(name, known)}"`,
      );
    if (name in values) throw new AppError('unknown_parameter', `"${name}" was sent more than once`);
    if (value.includes('\u0000'))
      throw new AppError('unknown_parameter', `"${name}" contains a NUL character`);
    values[name] = value;
  }
  return values;
}
