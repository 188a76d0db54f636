import * as z from 'zod';

// For the peers whose documentation validates with zod.
export const ProjectParams = z.object({ id: z.uuid() });

export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().optional(),
});

const Status = z.enum(['active', 'paused', 'completed', 'archived']);

export const NewProject = z.strictObject({
  name: z.string().trim().min(1).max(200),
  slug: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  description: z.string().max(4000).default(''),
  status: Status.default('active'),
  tags: z.array(z.string().trim().min(1).max(50)).max(20).default([]),
});

export const Project = z.object({
  id: z.uuid(),
  organizationId: z.uuid(),
  ownerId: z.uuid(),
  name: z.string(),
  slug: z.string(),
  description: z.string(),
  status: Status,
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  version: z.int(),
  createdAt: z.date(),
  updatedAt: z.date(),
  deletedAt: z.date().nullable(),
});

export const ProjectPage = z.object({ items: z.array(Project), nextCursor: z.string().optional() });
