import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { getPool } from '#lib/db/client.ts';
import type { FailureCount } from '#lib/errors/failure-buffer.ts';

/**
 * Adds failures to their groups in one statement. A resolved group that is seen in another release than the one it was resolved for is
 * open again; in that release it only counts, as its instances may still be running.
 */
export async function recordFailures(failures: readonly FailureCount[], release: string): Promise<void> {
  const rows = failures.map(({ operations, sample, ...failure }) => ({
    ...failure,
    id: uuidv7(),
    operations: [...operations],
    sample: { ...sample, traceId: sample.traceId ?? '' },
  }));
  // In SQL, for every endpoint has this in its bundle. Ordered: two instances that tell the same groups must not wait for each other.
  await getPool().execute(sql`
    insert into error_groups as known (id, fingerprint, operations, code, error_class, title, count,
      first_seen_at, last_seen_at, first_release, last_release, sample)
    select id, fingerprint, operations, code, "errorClass", title, count,
      "firstSeenAt", "lastSeenAt", ${release}, ${release}, sample
    from jsonb_to_recordset(${JSON.stringify(rows, storable)}::jsonb) as told (id uuid, fingerprint text, operations text[], code text,
      "errorClass" text, title text, count bigint, "firstSeenAt" timestamptz, "lastSeenAt" timestamptz, sample jsonb)
    order by fingerprint
    on conflict (fingerprint) do update set
      count = known.count + excluded.count,
      operations = array(
        select distinct operation from unnest(known.operations || excluded.operations) operation order by operation limit 20),
      last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
      last_release = excluded.last_release,
      sample = excluded.sample,
      state = case when known.state = 'resolved' and known.resolved_release is distinct from excluded.last_release
        then 'open' else known.state end,
      regressions = known.regressions + (known.state = 'resolved' and
        known.resolved_release is distinct from excluded.last_release)::int,
      updated_at = now()`);
}

/** jsonb takes neither NUL nor half a character, as a message has that was cut: one of them would keep out all that comes after it. */
function storable(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value;
}
