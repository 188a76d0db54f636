import { createInterface } from 'node:readline';
import postgres from 'postgres';

// A process that a test freezes with SIGSTOP. Each line it reads is a statement that it sends at once, as an invocation of its own;
// it answers each with a line: the rows, or the code of the error, and when it had them.
const [client] = process.argv.slice(2);
const send = client === 'unguarded' ? sendUnguarded() : await sendGuarded();

for await (const line of createInterface({ input: process.stdin })) void answer(line);

async function answer(statement: string): Promise<void> {
  const startedAt = performance.now();
  const result = await send(statement);
  const ms = Math.round(performance.now() - startedAt);
  process.stdout.write(`${JSON.stringify({ ...result, ms })}\n`);
}

async function sendGuarded() {
  const { sql } = await import('drizzle-orm');
  const { getPool } = await import('#lib/db/client.ts');
  const { toAppError } = await import('#lib/errors/to-app-error.ts');
  const { runInvocation } = await import('#lib/invocation.ts');
  return (statement: string) =>
    runInvocation(60_000, false, async () => {
      try {
        return { rows: [...(await getPool().execute(sql.raw(statement)))] };
      } catch (error) {
        return { code: toAppError(error).code };
      }
    });
}

function sendUnguarded() {
  const sql = postgres(process.env.DATABASE_URL ?? '', { max: 1, connect_timeout: 2, fetch_types: false });
  return async (statement: string) => {
    try {
      // As an argument is what makes postgres.js describe a statement before it sends it.
      return { rows: [...(await sql.unsafe(`${statement} where $1 = 1`, [1]))] };
    } catch (error) {
      return { code: String(error) };
    }
  };
}
