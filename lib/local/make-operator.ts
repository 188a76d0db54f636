import { drizzle } from 'drizzle-orm/postgres-js';
import { makeOperator } from '#lib/accounts/make-operator.ts';
import { openClient } from '#lib/db/open-client.ts';
import { Email } from '#lib/email.ts';

const usage = `Usage: DATABASE_URL=postgres://… npm run operator -- you@example.com ["Your Name"]

Lets the account with this address run the platform; founds it if there is none, and prints its password once.`;

const [address, name, ...rest] = process.argv.slice(2);
const email = Email.safeParse(address);
const databaseUrl = process.env.DATABASE_URL;
if (!databaseUrl || !email.success || rest.length > 0) {
  console.error(usage);
  process.exit(64);
}

const client = openClient(databaseUrl, { max: 1, connect_timeout: 5 });
try {
  const { password } = await drizzle(client, { casing: 'snake_case' }).transaction((tx) =>
    makeOperator(
      {
        actor: { type: 'system', jobId: 'makeOperator' },
        requestId: `operator-${process.pid}`,
        now: new Date(),
        signal: AbortSignal.timeout(30_000),
        db: tx,
      },
      { email: email.data, name: name ?? email.data },
    ),
  );
  console.log(`${email.data} is an operator, from its next log-in or refresh on.`);
  if (password) console.log(`Its password, shown this once: ${password}`);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await client.end({ timeout: 1 });
}
