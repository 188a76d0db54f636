import * as z from 'zod';
import { ItemError } from './item-error.ts';
import { CreateProjectInput, Project, UpdateProjectInput } from './schemas.ts';

const id = z.uuid();
const ifVersion = z
  .int()
  .min(1)
  .optional()
  .meta({ description: 'The version it must have, like `If-Match`.' });

const ProjectOperation = z
  .discriminatedUnion('operation', [
    z.strictObject({ operation: z.literal('create'), project: CreateProjectInput }),
    z.strictObject({ operation: z.literal('update'), id, ifVersion, project: UpdateProjectInput }),
    z.strictObject({ operation: z.literal('delete'), id, ifVersion }),
  ])
  .meta({ id: 'ProjectOperation' });
export type ProjectOperation = z.output<typeof ProjectOperation>;

export const ProjectBatchInput = z
  .strictObject({
    isAtomic: z.boolean().meta({ description: 'All or nothing; otherwise each operation stands alone.' }),
    operations: z.array(ProjectOperation).min(1).max(100),
  })
  .meta({ id: 'ProjectBatchInput' });
export type ProjectBatchInput = z.output<typeof ProjectBatchInput>;

/** One result an operation, in their order: the project as it is now, nothing after a delete, or why it was refused. */
export const ProjectBatchResult = z
  .object({
    results: z.array(z.object({ project: Project.optional(), error: ItemError.optional() })).meta({
      example: [
        {},
        {
          error: {
            code: 'slug_taken',
            title: 'Slug already in use',
            detail: 'Slug "apollo" is already in use',
            retryable: false,
          },
        },
      ],
    }),
  })
  .meta({ id: 'ProjectBatchResult' });
export type ProjectBatchResult = z.input<typeof ProjectBatchResult>;
