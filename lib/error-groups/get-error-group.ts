import { eq } from 'drizzle-orm';
import type { Context } from '#lib/context.ts';
import { errorGroups } from '#lib/db/schema/error-groups.ts';
import { getDatabase } from '#lib/db/transaction.ts';
import { AppError } from '#lib/errors/app-error.ts';
import type { ErrorGroup } from './schemas.ts';

/** The group with that id; throws `not_found`. */
export async function getErrorGroup(ctx: Context, id: string): Promise<ErrorGroup> {
  const [group] = await getDatabase(ctx).select().from(errorGroups).where(eq(errorGroups.id, id));
  if (!group) throw new AppError('not_found', `There is no error group ${id}`);
  return group as ErrorGroup;
}
