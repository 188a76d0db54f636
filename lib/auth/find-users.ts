import { inArray } from 'drizzle-orm';
import type { Database } from '#lib/db/client.ts';
import { users } from '#lib/db/schema/users.ts';

interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** The accounts with these ids, by id. */
export async function findUsers(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, User>> {
  const rows = await database
    .select({ id: users.id, email: users.email, name: users.name })
    .from(users)
    .where(inArray(users.id, [...ids]));
  return new Map(rows.map((user) => [user.id, user]));
}
