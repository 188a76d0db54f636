import { sql } from 'drizzle-orm';
import { getPool } from '#lib/db/client.ts';
import { askFleet } from '#lib/http/ask-fleet.ts';
import { addIncrement } from '#lib/observability/increments.ts';

// A process as Lambda runs it, for test/lib/runtime/shutdown.test.ts: it connects, says which backend it has, and waits or works on.
const [work] = process.argv.slice(2);
const [backend] = await getPool().execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
if (work === 'busy')
  getPool()
    .execute(sql`select pg_sleep(60)`)
    .catch((error: unknown) => process.stdout.write(`rejected: ${error}\n`));
// What a request leaves to the next one.
await askFleet([], undefined, performance.now());
addIncrement(`shutdown:${backend?.pid}`, 'requests', 1);
process.stdout.write(`${backend?.pid}\n`);
setInterval(() => {}, 60_000);
