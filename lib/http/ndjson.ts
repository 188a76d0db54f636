import { AppError } from '#lib/errors/app-error.ts';
import type { Schema } from './endpoint-spec.ts';
import { toFieldErrors } from './field-errors.ts';
import { parseJson } from './parse-json.ts';

export const ndjsonMediaType = 'application/x-ndjson';

const maxLines = 1_000;
// What is wrong with 1,000 lines has to fit into one answer.
const maxErrors = 5;

/** One line of an NDJSON body, by its number: what it says, or why it cannot be read. */
export type Line<T> = { readonly line: number } & ({ readonly input: T } | { readonly error: AppError });

/** The lines of an NDJSON text but for the empty ones; throws `body_too_large` above 1,000. */
export function parseLines(schema: Schema, text: string): Line<unknown>[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((json, index) => (json.trim() === '' ? undefined : { line: index + 1, json }))
    .filter((line) => line !== undefined);
  if (lines.length > maxLines)
    throw new AppError('body_too_large', `The body may have at most ${maxLines} lines`);
  return lines.map(({ line, json }) => ({ line, ...parseLine(schema, json) }));
}

function parseLine(schema: Schema, json: string): { input: unknown } | { error: AppError } {
  try {
    const { data, error } = schema.safeParse(parseJson(json));
    if (!error) return { input: data };
    const errors = toFieldErrors('body', error.issues);
    const detail = `${errors.length} part(s) of the line break a rule`;
    return { error: new AppError('validation_failed', detail, { errors: errors.slice(0, maxErrors) }) };
  } catch (error) {
    if (error instanceof AppError) return { error };
    throw error;
  }
}

export function writeLines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}
