import * as z from 'zod';
import { Instant } from '#lib/instant.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

export const AuditEvent = z
  .object({
    id: z.uuid(),
    actorType: z.enum(['user', 'api_key', 'system']),
    actorId: z.string().meta({
      description: 'The id of the user or API key, or the name of the job.',
      example: '01980000-0000-7000-8000-00000000000a',
    }),
    action: z.string().meta({ example: 'project.update' }),
    entityId: z.uuid().meta({ description: 'What was acted on; it may not exist any more.' }),
    changes: z
      .record(z.string(), z.object({ before: z.unknown().optional(), after: z.unknown().optional() }))
      .meta({
        description: 'The fields that changed. Secrets are `[redacted]`.',
        example: { status: { before: 'active', after: 'paused' } },
      }),
    requestId: z.string().meta({ example: '4f7c2a52-0b0c-4b8e-9c0e-6f2d8f1f6a10' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'AuditEvent' });

export const ListAuditEventsQuery = PageQuery.extend({
  actorId: z.string().min(1).max(200).optional(),
  action: z.string().min(1).max(100).optional().meta({ example: 'project.update' }),
  entityId: z.uuid().optional(),
  createdAfter: Instant.optional().meta({ description: 'From this instant on.' }),
  createdBefore: Instant.optional().meta({ description: 'Only earlier events; the instant itself is out.' }),
});
export type ListAuditEventsQuery = z.output<typeof ListAuditEventsQuery>;

export const AuditPage = z
  .object({
    items: z.array(AuditEvent),
    nextCursor: NextCursor,
  })
  .meta({ id: 'AuditPage' });
export type AuditPage = z.input<typeof AuditPage>;
