import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, inject } from 'vitest';
import { selectCatalogue } from '#drizzle/migrator/catalogue.ts';

const admin = postgres(inject('databaseUrl'), { max: 1, onnotice: () => {} });
const created: string[] = [];

/** An empty database of the test's own, until the end of its file; gives its address. */
export async function createDatabase(template = 'template1'): Promise<string> {
  const name = `plinth_scratch_${randomUUID().replaceAll('-', '')}`;
  await admin.unsafe(`create database ${name} template ${template}`);
  created.push(name);
  return inject('databaseUrl').replace(/\/[^/]*$/, `/${name}`);
}

/** One connection, for as long as `work` takes. */
export async function withClient<T>(url: string, work: (client: postgres.Sql) => Promise<T>): Promise<T> {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(client);
  } finally {
    await client.end({ timeout: 1 });
  }
}

/** Everything that the schema public consists of, as lines. */
export async function readCatalogue(url: string): Promise<string[]> {
  const rows = await withClient(url, (client) => client.unsafe(selectCatalogue));
  return rows.map(({ kind, line }) => `${kind} ${line}`);
}

afterAll(async () => {
  for (const name of created) await admin.unsafe(`drop database ${name} with (force)`);
  await admin.end();
});
