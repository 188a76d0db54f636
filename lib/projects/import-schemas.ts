import * as z from 'zod';
import type { AppError } from '#lib/errors/app-error.ts';
import { ItemError } from './item-error.ts';
import { CreateProjectInput } from './schemas.ts';

const Ignored = z.unknown().optional().meta({ description: 'Set by the service: accepted and ignored.' });

/** A new project, or a line of an export, which is one but for the fields that the service sets. */
export const ImportProjectInput = CreateProjectInput.extend({
  id: Ignored,
  organizationId: Ignored,
  version: Ignored,
  createdAt: Ignored,
  updatedAt: Ignored,
  deletedAt: Ignored,
})
  .transform(
    ({
      id: _id,
      organizationId: _organizationId,
      version: _version,
      createdAt: _createdAt,
      updatedAt: _updatedAt,
      deletedAt: _deletedAt,
      ...input
    }): CreateProjectInput => input,
  )
  .meta({ id: 'ImportProjectInput' });

/** What a line asks for, or why it cannot be read. */
export type ImportLine = { readonly line: number } & (
  | { readonly input: CreateProjectInput }
  | { readonly error: AppError }
);

/** One result a line that is not empty, in their order. */
export const ProjectImportResult = z
  .object({
    created: z.int(),
    failed: z.int(),
    results: z
      .array(
        z.object({
          line: z.int().meta({ description: 'Its number in the body, from 1.' }),
          projectId: z.uuid().optional().meta({ description: 'The project that was created.' }),
          error: ItemError.extend({
            errors: z
              .array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() }))
              .optional()
              .meta({ description: 'At most 5 rules that the line breaks, by JSON pointer into it.' }),
          })
            .optional()
            .meta({ description: 'Why none was created.' }),
        }),
      )
      .meta({
        example: [
          { line: 1, projectId: '01980000-0000-7000-8000-000000000001' },
          {
            line: 2,
            error: {
              code: 'validation_failed',
              title: 'Invalid input',
              detail: '1 part(s) of the line break a rule',
              retryable: false,
              errors: [{ pointer: '/name', code: 'too_small', detail: 'must not be empty' }],
            },
          },
        ],
      }),
  })
  .meta({ id: 'ProjectImportResult' });
export type ProjectImportResult = z.input<typeof ProjectImportResult>;
