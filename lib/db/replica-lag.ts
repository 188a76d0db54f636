import { type SQL, sql } from 'drizzle-orm';

/**
 * Seconds that a server is behind its primary, null when it cannot say. One that has replayed all it receives is not behind, however
 * quiet the primary is, and neither is the primary itself.
 */
export const replicaLagSeconds: SQL = sql`case when not pg_is_in_recovery() then 0
    when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select from pg_stat_wal_receiver) then 0
    else extract(epoch from now() - pg_last_xact_replay_timestamp())
  end::float`;
