import type postgres from 'postgres';
import { percentiles, printTable } from './measure.ts';
import { organizationId, ownerIds, rows } from './million.ts';

const essential = ['projects_pkey', 'projects_slug_key'];
const rounds = 6;
const writesPerRound = 150;

class Rollback extends Error {}

/** What the indexes cost a write: all of them against primary key and slug only, in turn, in transactions that roll back. */
export async function measureWrites(sql: postgres.Sql): Promise<void> {
  const indexes = await sql`select indexname from pg_indexes where tablename = 'projects'`;
  const others = indexes.map(({ indexname }) => indexname).filter((name) => !essential.includes(name));
  const times = { all: { insert: [], update: [] }, essential: { insert: [], update: [] } } as Record<
    'all' | 'essential',
    Record<'insert' | 'update', number[]>
  >;
  for (let round = 0; round < rounds; round++)
    for (const kind of ['all', 'essential'] as const)
      await sql
        .begin(async (tx) => {
          if (kind === 'essential') await tx.unsafe(`drop index ${others.join(', ')}`);
          await write(tx, round, times[kind]);
          throw new Rollback();
        })
        .catch((error) => {
          if (!(error instanceof Rollback)) throw error;
        });
  const lines = (['insert', 'update'] as const).map((statement) => {
    const [all, few] = [percentiles(times.all[statement]), percentiles(times.essential[statement])];
    return [statement, few.p50, all.p50, all.p50 / few.p50];
  });
  printTable(['p50 of one', '2 indexes (ms)', `${indexes.length} indexes (ms)`, 'ratio'], lines);
}

async function write(
  tx: postgres.TransactionSql,
  round: number,
  times: Record<'insert' | 'update', number[]>,
) {
  for (let count = -10; count < writesPerRound; count++) {
    const slug = `p${1 + ((round * 7_919 + (count + 10) * 6_661) % rows)}`;
    const start = performance.now();
    await tx`
      insert into projects (id, organization_id, owner_id, name, slug, description, status, tags, metadata)
      values (uuidv7(), ${organizationId}, ${ownerIds[1] ?? ''}, ${`New ${slug}`}, ${`new-${slug}`}, 'nothing like it before',
        'active', '{tag7}', '{}')`;
    const between = performance.now();
    await tx`
      update projects set status = 'completed', version = version + 1, updated_at = now()
      where organization_id = ${organizationId} and slug = ${slug} and deleted_at is null`;
    if (count < 0) continue;
    times.insert.push(between - start);
    times.update.push(performance.now() - between);
  }
}
