import type postgres from 'postgres';
import type { Script } from './migration-files.ts';
import { connect, type Session } from './session.ts';

const watchEveryMs = 10_000;
// Below, everything is quick.
const manyRows = 10_000;

/** The large tables that a script names, with about how many rows they have: for the log, before it begins. */
export async function describeTables(client: postgres.Sql, { text }: Script): Promise<string> {
  const tables = await client`select relname as name, reltuples::bigint::text as rows from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and reltuples >= ${manyRows} order by relname`;
  const named = tables.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text));
  return named.map(({ name, rows }) => `, ${name} has about ${rows} rows`).join('');
}

/** Reports every ten seconds that it goes on, and how far an index is. The returned function ends that. */
export function watchProgress({ url, pid, report }: Session, file: string): () => Promise<void> {
  const startedAtMs = performance.now();
  let observer: postgres.Sql | undefined;
  const timer = setInterval(async () => {
    const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
    observer ??= connect(url);
    const index = await readIndexProgress(observer, pid).catch(() => 'its progress is not known');
    report(`${file} has been running for ${seconds} s${index && `: ${index}`}`);
  }, watchEveryMs);
  return async () => {
    clearInterval(timer);
    await observer?.end({ timeout: 0 });
  };
}

/** How far the index is that the process `pid` of the server builds; empty when it builds none. */
export async function readIndexProgress(observer: postgres.Sql, pid: number): Promise<string> {
  const [row] = await observer`select relid::regclass::text as name, phase,
      (100 * greatest(blocks_done, tuples_done) / nullif(greatest(blocks_total, tuples_total), 0))::text as percent
    from pg_stat_progress_create_index where pid = ${pid}`;
  return row ? `an index on ${row.name}, ${row.phase}, ${row.percent ?? 0} %` : '';
}
