import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { jobs } from '#lib/db/schema/jobs.ts';
import { knownJobs } from './known-jobs.ts';

/** Has the slots of every scheduled job expected from now on, also of one that no event ever comes for. */
export async function registerJobs(): Promise<void> {
  const ids = knownJobs.filter(({ schedule }) => schedule !== undefined).map(({ id }) => id);
  await getPool().execute(sql`
    insert into ${jobs} (id) select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) on conflict (id) do nothing`);
}
