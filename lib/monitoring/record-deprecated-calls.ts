import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { getPool } from '#lib/db/client.ts';

/** Who called: a person, a program and its owner, or somebody who was not known. */
export interface DeprecatedCaller {
  readonly operation: string;
  readonly userId: string | null;
  readonly apiKeyId: string | null;
  readonly organizationId: string | null;
}

export interface DeprecatedCalls extends DeprecatedCaller {
  count: number;
  readonly firstSeenAt: Date;
  lastSeenAt: Date;
}

/** Adds calls to those of the same callers, in one statement. */
export async function recordDeprecatedCalls(calls: readonly DeprecatedCalls[]): Promise<void> {
  const rows = calls.map((one) => ({ ...one, id: uuidv7() }));
  // Ordered: two instances with the same callers must not wait for each other.
  await getPool().execute(sql`
    insert into deprecated_calls as known
      (id, operation, user_id, api_key_id, organization_id, count, first_seen_at, last_seen_at)
    select id, operation, "userId", "apiKeyId", "organizationId", count, "firstSeenAt", "lastSeenAt"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as told (id uuid, operation text, "userId" uuid, "apiKeyId" uuid,
      "organizationId" uuid, count bigint, "firstSeenAt" timestamptz, "lastSeenAt" timestamptz)
    order by operation, "organizationId", "userId", "apiKeyId"
    on conflict (operation, organization_id, user_id, api_key_id) do update set
      count = known.count + excluded.count,
      last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)`);
}
