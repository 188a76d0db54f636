import * as z from 'zod';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

const State = z.enum(['open', 'resolved', 'ignored']);

const Release = z.string().meta({ example: '0.1.0' });

export const ErrorGroup = z
  .object({
    id: z.uuid(),
    fingerprint: z.string().meta({ example: '9b1c6f0e2d7a4c35' }),
    operations: z
      .array(z.string().meta({ example: 'createProject' }))
      .meta({ description: 'Where it was seen; at most 20.' }),
    code: z.string().meta({ description: 'What clients were answered.', example: 'internal' }),
    errorClass: z.string().meta({ example: 'PostgresError 23505' }),
    title: z.string().meta({
      description: 'The message without ids, numbers and quoted values.',
      example: 'null value in column ?',
    }),
    count: z.int(),
    firstSeenAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
    firstRelease: Release,
    lastRelease: Release,
    state: State,
    regressions: z.int().meta({ description: 'How often it came back in another release.' }),
    sample: z
      .object({ requestId: z.string(), traceId: z.string(), message: z.string(), stack: z.string() })
      .meta({
        description: 'The newest one told; secrets are redacted.',
        example: {
          requestId: '4f7c2a52-0b0c-4b8e-9c0e-6f2d8f1f6a10',
          traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
          message: 'null value in column "name"',
          stack: 'PostgresError: null value in column "name"',
        },
      }),
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
    nextCursor: NextCursor,
  })
  .meta({ id: 'ErrorGroupPage' });
export type ErrorGroupPage = z.input<typeof ErrorGroupPage>;
