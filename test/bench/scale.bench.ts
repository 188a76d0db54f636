import postgres from 'postgres';
import { isShort } from './outcome.ts';
import { withPostgres } from './postgres.ts';
import { loadProjects } from './projects/million.ts';
import { measureConnections } from './scale/measure-connections.ts';
import { measureLists } from './scale/measure-lists.ts';

// What grows with the projects of an organization, and with the number of instances.
const sizes = {
  projects: isShort ? [1_000, 10_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000],
  runs: 61,
  connections: { instances: [1, 10, 50, 100, 200], ratePerSecond: 100, seconds: isShort ? 3 : 10 },
};

await withPostgres((url) => measureLists(url, sizes.projects, sizes.runs), {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
});
await withPostgres(
  async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await loadProjects(sql, 10_000);
    await sql.end();
    await measureConnections(url, sizes.connections);
  },
  // PostgreSQL's own 100 would refuse the hundredth instance.
  { max_connections: '300' },
);
