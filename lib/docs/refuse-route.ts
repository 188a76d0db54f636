import { AppError } from '#lib/errors/app-error.ts';
import type { OpenApiDocument } from './openapi-document.ts';

/** Throws what an unmatched request deserves: `method_not_allowed` when the path has other methods, else `route_not_found`. */
export function refuseRoute(document: OpenApiDocument, method: string, path: string): never {
  const allowedMethods = Object.entries(document.paths)
    .filter(([template]) => matches(template, path))
    .flatMap(([, operations]) => Object.keys(operations).map((allowed) => allowed.toUpperCase()));
  if (allowedMethods.length > 0)
    throw new AppError('method_not_allowed', `${method} is not a method of ${path}`, { allowedMethods });
  throw new AppError('route_not_found', `There is nothing at ${path}`);
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
