import { eq } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { sessions } from '#lib/db/schema/sessions.ts';
import { users } from '#lib/db/schema/users.ts';

// Only log-ins that succeeded leave an address here, so that this is far more than a person has.
const addressesAtMost = 100;

/** Whether somebody logged in to the account lately, in a session that lives or ended less than a day ago, from such an address. */
export async function isKnownAddress(email: string, isSuch: (sourceIp: string) => boolean): Promise<boolean> {
  const known = await getPool()
    .selectDistinct({ sourceIp: sessions.sourceIp })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(users.email, email))
    .limit(addressesAtMost);
  return known.some(({ sourceIp }) => isSuch(sourceIp));
}
