import { eq, sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { signingKeys } from '#lib/db/schema/signing-keys.ts';
import { rotationSeconds } from './rotate-signing-keys.ts';

// The next key is announced by an hourly run, is pending for an hour and takes over in the run after: three hours, twice.
const rotationSlackSeconds = 6 * 3_600;

/** How long the current key has signed, by the clock of the database; undefined before the first log-in, which makes the first key. */
export async function getSigningKeyAge(): Promise<{ seconds: number; isOverdue: boolean } | undefined> {
  const [key] = await getPool()
    .select({ seconds: sql<number>`extract(epoch from now() - ${signingKeys.stateSince})::float` })
    .from(signingKeys)
    .where(eq(signingKeys.state, 'current'));
  return key && { seconds: key.seconds, isOverdue: key.seconds > rotationSeconds + rotationSlackSeconds };
}
