import * as z from 'zod';

/** The parameters of every list; extend it with the filters of one. */
export const PageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .default(25)
    .transform((limit) => Math.min(limit, 100))
    .meta({ description: 'Page size; above 100 it counts as 100.' }),
  // May hold a name: 200 characters of at most 6 bytes in JSON, in base64.
  cursor: z.string().max(2_000).optional().meta({
    description: '`nextCursor` of the page before; valid for the same order and filters only.',
  }),
});
export type PageQuery = z.output<typeof PageQuery>;
