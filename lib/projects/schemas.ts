import * as z from 'zod';
import { Instant } from '#lib/instant.ts';
import { JsonValue } from '#lib/json-value.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { PageQuery, pageSize } from '#lib/pagination/page-query.ts';

export const projectStatuses = ['active', 'paused', 'completed', 'archived'] as const;

const metadataLimitBytes = 16 * 1024;

const Name = z.string().trim().min(1).max(200).meta({ example: 'Apollo' });
const Slug = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by single hyphens')
  .meta({ description: 'Unique within the organization.', example: 'apollo' });
const Description = z.string().max(4000);
const Status = z.enum(projectStatuses);
const Tags = z
  .array(z.string().trim().min(1).max(50))
  .max(20)
  .refine((tags) => new Set(tags).size === tags.length, 'must not repeat a tag');
const Metadata = z
  .record(z.string().max(100), JsonValue)
  .refine(
    (metadata) => Buffer.byteLength(JSON.stringify(metadata)) <= metadataLimitBytes,
    'must not exceed 16 KB as JSON',
  )
  .meta({ description: 'Any JSON object, at most 16 KB.' });
const from = 'RFC 3339, inclusive: this instant and later. Write `+` of an offset as `%2B`.';
const before = 'RFC 3339, exclusive: earlier than this instant.';
const OwnerId = z.uuid().meta({ description: 'A member of the organization; you, when left out.' });

export const CreateProjectInput = z
  .strictObject({
    name: Name,
    slug: Slug.optional().meta({ description: 'Made from the name when left out.', example: 'apollo' }),
    description: Description.default(''),
    status: Status.default('active'),
    tags: Tags.default([]),
    metadata: Metadata.default({}),
    ownerId: OwnerId.optional(),
  })
  .meta({ id: 'CreateProjectInput' });
export type CreateProjectInput = z.output<typeof CreateProjectInput>;

/** A full replace: what is left out goes back to its default. */
export const ReplaceProjectInput = CreateProjectInput.extend({ slug: Slug, ownerId: z.uuid() }).meta({
  id: 'ReplaceProjectInput',
});
export type ReplaceProjectInput = z.output<typeof ReplaceProjectInput>;

/** A JSON merge patch (RFC 7396); no field can be removed, so `null` appears only inside `metadata`. */
export const UpdateProjectInput = z
  .strictObject({
    name: Name,
    slug: Slug,
    description: Description,
    status: Status,
    tags: Tags,
    metadata: z.record(z.string().max(100), z.unknown()),
    ownerId: z.uuid(),
  })
  .partial()
  .meta({ id: 'UpdateProjectInput' });
export type UpdateProjectInput = z.output<typeof UpdateProjectInput>;

export const ProjectMetadata = Metadata;

export const ProjectParams = z.object({ id: z.uuid().meta({ description: 'The id of the project.' }) });

export const Project = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    ownerId: z.uuid(),
    name: z.string().meta({ example: 'Apollo' }),
    slug: z.string().meta({ example: 'apollo' }),
    description: z.string().meta({ example: 'To the moon and back' }),
    status: Status,
    tags: z.array(z.string().meta({ example: 'space' })),
    metadata: z
      .record(z.string(), z.unknown())
      .meta({ example: { budget: { currency: 'EUR', amount: 25000 } } }),
    version: z.int().meta({ description: 'Counts the changes; the `ETag` is made from it.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    deletedAt: z.iso.datetime().nullable().meta({ description: 'Null while it is not.', example: null }),
  })
  .meta({ id: 'Project' });
export type Project = z.input<typeof Project>;

const ProjectFilter = z.object({
  status: Status.optional(),
  ownerId: z.uuid().optional(),
  tag: z.string().min(1).max(50).optional().meta({ description: 'Projects that have this tag.' }),
  q: z
    .string()
    .min(3)
    .max(100)
    .optional()
    .meta({ description: 'Text that name or description contains; case does not count.' }),
  createdAfter: Instant.optional().meta({ description: from }),
  createdBefore: Instant.optional().meta({ description: before }),
  updatedAfter: Instant.optional().meta({ description: from }),
  updatedBefore: Instant.optional().meta({ description: before }),
});
export type ProjectFilter = z.output<typeof ProjectFilter>;

export const projectSorts = ['createdAt', '-createdAt', 'updatedAt', '-updatedAt', 'name', '-name'] as const;

export const ListProjectsQuery = ProjectFilter.extend({
  sort: z.enum(projectSorts).default('-createdAt').meta({
    description:
      'The order, descending with `-`. Names compare by the bytes of their UTF-8: `Z` comes before `a`. A project that is changed while its list is walked by `updatedAt` (or `name`) moves in it, and can come twice or not at all; every other one comes exactly once.',
  }),
  ...PageQuery.shape,
  count: z.enum(['exact', 'estimated']).optional().meta({
    description: 'Adds `count`: `exact` counts every match, `estimated` asks the planner and is quick.',
  }),
});
export type ListProjectsQuery = z.output<typeof ListProjectsQuery>;

export const ExportProjectsQuery = ProjectFilter.extend({
  limit: pageSize(1_000, 1_000),
  cursor: PageQuery.shape.cursor.meta({ description: 'From the `Link` of the page before.' }),
});
export type ExportProjectsQuery = z.output<typeof ExportProjectsQuery>;

export const ProjectPage = z
  .object({
    items: z.array(Project),
    nextCursor: NextCursor,
    count: z.int().optional().meta({
      description: 'Matches on all pages, exact or estimated as asked for; absent without `count`.',
    }),
  })
  .meta({ id: 'ProjectPage' });
export type ProjectPage = z.input<typeof ProjectPage>;

const Windows = z
  .object({ last7Days: z.int(), last30Days: z.int() })
  .meta({ description: 'Whole UTC days, today included.' });

export const ProjectStats = z
  .object({
    total: z.int(),
    byStatus: z.record(Status, z.int()),
    created: Windows,
    updated: Windows,
    byOwner: z
      .array(z.object({ ownerId: z.uuid(), count: z.int() }))
      .meta({ description: 'The ten owners with the most projects.' }),
    asOf: z.iso.datetime().meta({
      description:
        'The instant they are of: at most two seconds before the answer, or longer by what a read replica is behind. Every earlier change is in them.',
    }),
  })
  .meta({ id: 'ProjectStats' });
export type ProjectStats = z.input<typeof ProjectStats>;

/** Where a project is read, as a path on this service. */
export function projectPath({ id }: { id: string }): string {
  return `/api/v1/projects/${id}`;
}
