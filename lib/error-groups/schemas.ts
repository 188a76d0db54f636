import * as z from 'zod';
import { PageQuery } from '#lib/pagination/page-query.ts';

const State = z.enum(['open', 'resolved', 'ignored']);

export const ErrorGroup = z
  .object({
    id: z.uuid(),
    fingerprint: z.string(),
    operations: z.array(z.string()).meta({ description: 'Where it was seen; at most 20.' }),
    code: z.string().meta({ description: 'What clients were answered.' }),
    errorClass: z.string().meta({ example: 'PostgresError 23505' }),
    title: z.string().meta({ description: 'The message without ids, numbers and quoted values.' }),
    count: z.int(),
    firstSeenAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
    firstRelease: z.string(),
    lastRelease: z.string(),
    state: State,
    regressions: z.int().meta({ description: 'How often it came back in another release.' }),
    sample: z
      .object({ requestId: z.string(), traceId: z.string(), message: z.string(), stack: z.string() })
      .meta({ description: 'The newest one told; secrets are redacted.' }),
  })
  .meta({ id: 'ErrorGroup' });
export type ErrorGroup = z.input<typeof ErrorGroup>;

export const ErrorGroupParams = z.object({ id: z.uuid() });

export const ListErrorGroupsQuery = PageQuery.extend({ state: State.optional() });
export type ListErrorGroupsQuery = z.output<typeof ListErrorGroupsQuery>;

export const UpdateErrorGroupInput = z.strictObject({ state: State }).meta({ id: 'UpdateErrorGroupInput' });
export type UpdateErrorGroupInput = z.output<typeof UpdateErrorGroupInput>;

export const ErrorGroupPage = z
  .object({
    items: z.array(ErrorGroup),
    nextCursor: z.string().optional().meta({ description: 'Absent on the last page.' }),
  })
  .meta({ id: 'ErrorGroupPage' });
export type ErrorGroupPage = z.input<typeof ErrorGroupPage>;
