import * as z from 'zod';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const DeprecatedCalls = z
  .object({
    operation: z.string().meta({ example: 'getProject' }),
    route: z.string().meta({
      description: 'The operation alone, once its code is removed.',
      example: 'GET /api/v1/projects/{id}',
    }),
    userId: z.uuid().nullable().meta({ description: 'Of an API key its owner; null: nobody who was known.' }),
    apiKeyId: z.uuid().nullable(),
    organizationId: z.uuid().nullable(),
    count: z.int().meta({ description: 'Calls since `firstSeenAt`, refused ones included.' }),
    firstSeenAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime().meta({ description: 'Within a minute of the last call.' }),
  })
  .meta({ id: 'DeprecatedCalls' });

export const ListDeprecatedCallsQuery = PageQuery.extend({
  operation: z.string().max(100).optional().meta({ description: 'Calls of this operation only.' }),
});
export type ListDeprecatedCallsQuery = z.output<typeof ListDeprecatedCallsQuery>;

export const DeprecatedCallsPage = z
  .object({
    items: z.array(DeprecatedCalls),
    nextCursor: NextCursor,
  })
  .meta({ id: 'DeprecatedCallsPage' });
export type DeprecatedCallsPage = z.input<typeof DeprecatedCallsPage>;
