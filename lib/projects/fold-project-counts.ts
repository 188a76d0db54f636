import { sql } from 'drizzle-orm';
import type { SystemActor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { projectCounts } from '#lib/db/schema/project-counts.ts';
import { getDatabase } from '#lib/db/transaction.ts';

// Below that, reading the rows costs less than rewriting them.
const rowsWorthFolding = 200;
// Days that no window reaches any more; one in reserve for clocks that differ.
const windowDays = 31;

/** Folds the rows of each organization into one a count, and forgets days that no statistic asks for. Changes no sum. */
export async function foldProjectCounts(ctx: Context<SystemActor>): Promise<{ organizations: number }> {
  const database = getDatabase(ctx);
  const oldestDay = new Date(ctx.now.getTime() - windowDays * 86_400_000).toISOString().slice(0, 10);
  const due = await database
    .select({ organizationId: projectCounts.organizationId })
    .from(projectCounts)
    .groupBy(projectCounts.organizationId)
    .having(sql`count(*) > ${rowsWorthFolding}`);
  let organizations = 0;
  for (const { organizationId } of due) {
    if (ctx.signal.aborted) break;
    // One statement: readers see all rows of before, or all rows of after.
    await database.execute(sql`
      with folded as (delete from ${projectCounts} where organization_id = ${organizationId} returning *)
      insert into ${projectCounts} (organization_id, dimension, key, count)
      select organization_id, dimension, key, sum(count) from folded
      where dimension in ('status', 'owner') or key >= ${oldestDay}
      group by organization_id, dimension, key
      having sum(count) <> 0`);
    organizations += 1;
  }
  return { organizations };
}
