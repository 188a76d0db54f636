import type * as z from 'zod';
import type { FieldError } from '#lib/errors/app-error.ts';

/** The rules that a part of the request breaks, each with a pointer to where. */
export function toFieldErrors(part: FieldError['in'], issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return issues.flatMap((issue) => {
    const at = (path: readonly PropertyKey[], detail: string): FieldError => ({
      in: part,
      pointer: path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
      code: issue.code,
      detail,
    });
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => at([...issue.path, key], 'is not a field of this operation'));
    return [at(issue.path, issue.message)];
  });
}
