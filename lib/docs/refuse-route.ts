import { AppError } from '#lib/errors/app-error.ts';
import type { OpenApiDocument } from './openapi-document.ts';

/** The methods of a path, as `Allow` names them; throws `route_not_found` when it has none. */
export function methodsAt({ paths }: OpenApiDocument, path: string): string[] {
  // Of `/projects/export` and `/projects/{id}` the one with fewer parameters is meant.
  const [template] = Object.keys(paths)
    .filter((candidate) => matches(candidate, path))
    .sort((one, other) => countParameters(one) - countParameters(other));
  if (template === undefined) throw new AppError('route_not_found', `There is nothing at ${path}`);
  const operations = paths[template] ?? {};
  const methods = Object.keys(operations).map((method) => method.toUpperCase());
  return [...methods, ...(operations.get?.security.length === 0 ? ['HEAD'] : []), 'OPTIONS'];
}

function countParameters(template: string): number {
  return template.split('{').length;
}

/** Lets OPTIONS pass and throws what any other unmatched request deserves: `method_not_allowed`, or `route_not_found`. */
export function refuseRoute(document: OpenApiDocument, method: string, path: string): void {
  const allowedMethods = methodsAt(document, path);
  if (method !== 'OPTIONS')
    throw new AppError('method_not_allowed', `${method} is not a method of ${path}`, { allowedMethods });
}

function matches(template: string, path: string): boolean {
  const expected = template.split('/');
  const actual = path.split('/');
  return (
    expected.length === actual.length &&
    expected.every((segment, index) =>
      segment.startsWith('{') ? actual[index] !== '' : segment === actual[index],
    )
  );
}
