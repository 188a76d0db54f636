import { findDrift, hasLedger, readLedger } from './ledger.ts';
import { changedOf, pendingOf } from './migrate-up.ts';
import { type Migration, readMigrations } from './migration-files.ts';
import { connect } from './session.ts';

export interface Status {
  readonly migrations: readonly {
    readonly name: string;
    readonly state: 'applied' | 'pending' | 'changed on disk' | 'of a newer release';
    readonly appliedAt: string | null;
  }[];
  /** Lines of the catalogue that are there and should not be (`+`) or the other way round (`-`); null when nobody kept how it was. */
  readonly drift: readonly string[] | null;
  /** Of the schema public; an index that a migration did not finish. */
  readonly invalidIndexes: readonly string[];
}

/** What the database has and this release wants; changes nothing and waits for nobody. */
export async function readStatus(url: string, migrations = readMigrations()): Promise<Status> {
  const client = connect(url);
  try {
    const isReady = await hasLedger(client);
    const applied = await readLedger(client);
    const pending = pendingOf(migrations, applied);
    const changed = changedOf(migrations, applied);
    const isNewer = (createdAt: number) => !migrations.some((one) => one.createdAt === createdAt);
    const invalid =
      await client`select indexrelid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
      where not i.indisvalid and c.relnamespace = 'public'::regnamespace order by 1`;
    const ours = (one: Migration) => {
      const row = applied.find(({ createdAt }) => createdAt === one.createdAt);
      const state = pending.includes(one) ? 'pending' : changed.includes(one) ? 'changed on disk' : 'applied';
      return { name: one.name, state, appliedAt: row?.appliedAt ?? null } as const;
    };
    return {
      migrations: [
        ...migrations.map(ours),
        ...applied
          .filter(({ createdAt }) => isNewer(createdAt))
          .map(({ name, createdAt, appliedAt }) => ({
            name: name ?? String(createdAt),
            state: 'of a newer release' as const,
            appliedAt,
          })),
      ],
      drift: isReady ? ((await findDrift(client)) ?? null) : null,
      invalidIndexes: invalid.map(({ name }) => name),
    };
  } finally {
    await client.end({ timeout: 1 });
  }
}
