import { and, eq, sql } from 'drizzle-orm';
import { recordAuditEvent } from '#lib/audit/record-audit-event.ts';
import type { Context } from '#lib/context.ts';
import type { Transaction } from '#lib/db/client.ts';
import { laterInstant } from '#lib/db/later-instant.ts';
import { projects } from '#lib/db/schema/projects.ts';
import { invalidateTag } from '#lib/resilience/cache.ts';
import { projectsTag } from './projects-tag.ts';

// A statement has at most 65,535 parameters, and an audit event has eight.
const batchSize = 1_000;

/** Gives all projects that a member of the actor's organization owns, deleted ones too, to another member. */
export async function reassignProjects(
  tx: Transaction,
  ctx: Context,
  { from, to }: { from: string; to: string },
): Promise<void> {
  invalidateTag(projectsTag(ctx.actor.organizationId));
  const isTheirs = and(eq(projects.organizationId, ctx.actor.organizationId), eq(projects.ownerId, from));
  // Locks before it counts: a project that somebody else moves meanwhile has no place in a batch, so a short one is the last. An array,
  // because the rows of a condition may be asked for more than once.
  const next = tx.select({ id: projects.id }).from(projects).where(isTheirs).limit(batchSize).for('update');
  for (let moved = batchSize; moved === batchSize; ) {
    const batch = await tx
      .update(projects)
      .set({
        ownerId: to,
        version: sql`${projects.version} + 1`,
        updatedAt: laterInstant(projects.updatedAt),
      })
      .where(and(isTheirs, sql`${projects.id} = any (array(${next}))`))
      .returning({ id: projects.id, version: projects.version });
    await recordAuditEvent(
      tx,
      ctx,
      ...batch.map(({ id, version }) => ({
        action: 'project.update' as const,
        entityId: id,
        before: { ownerId: from, version: version - 1 },
        after: { ownerId: to, version },
      })),
    );
    moved = batch.length;
  }
}
