import * as z from 'zod';
import type { AppError } from '#lib/errors/app-error.ts';
import { errorCatalog } from '#lib/errors/catalog.ts';

/** Why one of several was refused. */
export const ItemError = z.object({
  code: z.string().meta({ description: 'As in a problem.' }),
  title: z.string(),
  detail: z.string(),
  retryable: z.boolean(),
});

export function toItemError({ code, message, options: { errors } }: AppError) {
  const { title, retryable } = errorCatalog[code];
  return { code, title, detail: message, retryable, ...(errors && { errors: [...errors] }) };
}
