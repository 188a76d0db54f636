import { closeBreakers } from './close-breakers.ts';
import { sql } from './tenant.ts';

/** Removes what other tests of this worker have left behind and a check would warn of: runs, jobs nobody sweeps, tables, breakers. */
export async function calmHealth(): Promise<void> {
  await sql`delete from job_runs`;
  await sql`delete from jobs`;
  await sql`update drizzle.__drizzle_migrations set fingerprint = drizzle.schema_fingerprint()`;
  await closeBreakers();
}
