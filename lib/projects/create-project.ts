import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { withTransaction } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { CreateProjectInput, Project } from './schemas.ts';
import { deriveSlug } from './slug.ts';

/** Creates a project in the caller's organization; the slug is unique among its projects. */
export async function createProject(ctx: Context, input: CreateProjectInput): Promise<Project> {
  const id = uuidv7();
  const { slug = deriveSlug(input.name, id), ownerId = ctx.actor.userId } = input;
  return withTransaction(ctx, async (tx) => {
    const [project] = await tx
      .insert(projects)
      .values({ ...input, id, slug, ownerId, organizationId: ctx.actor.organizationId })
      .onConflictDoNothing({
        target: [projects.organizationId, projects.slug],
        where: sql`deleted_at is null`,
      })
      .returning()
      .catch(explainRefusal(ctx, { slug, ownerId }));
    if (!project) throw new AppError('slug_taken', `Slug "${slug}" is already in use`);
    await recordAuditEvent(tx, ctx, { action: 'project.create', entityId: project.id, after: project });
    return project;
  });
}
