import postgres from 'postgres';
import { inject } from 'vitest';

/**
 * A database of the test's own whose `now()` is what the test says, for the code under test as well, which knows nothing of it: a function
 * of this name stands before the real one in the search path. Returns its URL, and the setter of its clock.
 */
export async function createSimulatedDatabase(name: string) {
  const admin = postgres(inject('databaseUrl'), { max: 1, onnotice: () => {} });
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.unsafe(`create database ${name} template ${inject('templateDatabase')}`);
  // Left out, pg_catalog would come first.
  await admin.unsafe(`alter database ${name} set search_path = simulated, pg_catalog, public`);
  await admin.end();
  const url = inject('databaseUrl').replace(/\/[^/]*$/, `/${name}`);
  const client = postgres(url, { max: 1, onnotice: () => {} });
  await client.unsafe(`
    create schema simulated;
    create table simulated.clock (at timestamptz not null);
    insert into simulated.clock values (pg_catalog.now());
    create function simulated.now() returns timestamptz language sql stable as 'select at from simulated.clock';
    -- A default was bound to the real function when its table was made.
    do $$ declare found record; begin
      for found in select table_name, column_name from information_schema.columns where table_schema = 'public' and column_default like '%now()' loop
        execute format('alter table public.%I alter column %I set default simulated.now()', found.table_name, found.column_name);
      end loop;
    end $$;`);
  return {
    url,
    setClock: (at: number) => client`update simulated.clock set at = ${new Date(at)}`,
    close: () => client.end(),
  };
}
