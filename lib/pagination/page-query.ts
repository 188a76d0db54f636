import * as z from 'zod';

/** The `limit` of a list: rows of a page, of which fewer come when they are large. */
export function pageSize(fallback: number, max: number) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .default(fallback)
    .transform((limit) => Math.min(limit, max))
    .meta({
      description: `The most items of a page, which ends at 2 MB, too; above ${max} it counts as ${max}.`,
    });
}

/** The parameters of every list; extend it with the filters of one. */
export const PageQuery = z.object({
  limit: pageSize(25, 100),
  // May hold a name: 200 characters of at most 6 bytes in JSON, in base64.
  cursor: z.string().max(2_000).optional().meta({
    description: '`nextCursor` of the page before; valid for the same order and filters only.',
  }),
});
export type PageQuery = z.output<typeof PageQuery>;
