import postgres from 'postgres';

/**
 * Makes `now()` of a database what the caller says, for all who connect from here on: a function of this name stands before the real one in
 * the search path.
 */
export async function simulateClock(url: string) {
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
      -- Left out, pg_catalog would come first.
      execute format('alter database %I set search_path = simulated, pg_catalog, public', current_database());
    end $$;`);
  return {
    setClock: (at: number) => client`update simulated.clock set at = ${new Date(at)}`,
    close: () => client.end(),
  };
}
