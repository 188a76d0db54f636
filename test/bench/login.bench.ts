import { join } from 'node:path';
import postgres from 'postgres';
import { migrateDatabase } from '#drizzle/migrate.ts';
import { createSecret } from '#lib/local/create-secret.ts';
import { startPostgres } from '#lib/local/postgres.ts';
import { startRedisEndpoint } from '#lib/local/redis-endpoint.ts';
import { makeFolder, removeFolder } from './leftovers.ts';

// How much the time of an answer tells about whether an account exists. Known and unknown take turns.
const attempts = 200;
const warmUps = 10;

const folder = makeFolder();
const server = await startPostgres({ dataDir: join(folder, 'postgres'), settings: {} });
const redis = await startRedisEndpoint({ token: 'bench' });
Object.assign(process.env, {
  PLINTH_STAGE: 'test',
  DATABASE_URL: server.url,
  UPSTASH_REDIS_REST_URL: redis.url,
  UPSTASH_REDIS_REST_TOKEN: redis.token,
  DATABASE_TIMEOUT_MS: '5000',
  AUTH_SECRET: createSecret(),
  REGISTRATION: 'open',
  POWERTOOLS_LOG_LEVEL: 'ERROR',
  POWERTOOLS_METRICS_DISABLED: 'true',
});
try {
  await measure();
} finally {
  const { closePool } = await import('#lib/db/client.ts');
  await closePool(1);
  await redis.close();
  await server.stop();
  removeFolder(folder);
}

async function measure(): Promise<void> {
  await migrateDatabase(server.url);
  const { handler: login } = await import('#functions/auth/login.ts');
  const { handler: forgotPassword } = await import('#functions/auth/forgot-password.ts');
  const { handler: register } = await import('#functions/auth/register.ts');
  const { lambdaContext, toEvent } = await import('#test/support/event.ts');
  await addAccounts();

  const password = 'correct horse battery staple';
  const operations = [
    { endpoint: login, status: 401, fields: { password } },
    { endpoint: forgotPassword, status: 202, fields: {} },
    { endpoint: register, status: 202, fields: { password, name: 'Bench' } },
  ];
  console.log('| operation | account | median (ms) | p95 (ms) |\n| --- | --- | --- | --- |');
  for (const { endpoint, status, fields } of operations) {
    const times = { known: [] as number[], unknown: [] as number[] };
    for (let attempt = 0; attempt < warmUps + attempts; attempt++)
      for (const account of ['known', 'unknown'] as const) {
        const email = `${account}-${attempt}@example.com`;
        const event = toEvent(endpoint, { body: { email, ...fields } });
        const ms = await timeOf(async () => {
          const answer = await endpoint(event, lambdaContext());
          if (answer.statusCode !== status) throw new Error(`${endpoint.spec.id}: ${answer.body}`);
        });
        if (attempt >= warmUps) times[account].push(ms);
      }
    for (const [account, values] of Object.entries(times))
      console.log(`| ${endpoint.spec.id} | ${account} | ${at(values, 0.5)} | ${at(values, 0.95)} |`);
  }
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function at(values: readonly number[], share: number): string {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]?.toFixed(1) ?? '';
}

/** One for each attempt: an account has a limit of its own. */
async function addAccounts(): Promise<void> {
  const { hashPassword } = await import('#lib/auth/passwords.ts');
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const hash = await hashPassword('another password');
  const organizationId = '01980000-0000-7000-8000-0000000000f0';
  await sql`insert into organizations (id, name) values (${organizationId}, 'Bench')`;
  await sql`
    insert into users (id, email, name, password_hash, email_verified_at)
    select gen_random_uuid(), 'known-' || n || '@example.com', 'Known', ${hash}, now()
    from generate_series(0, ${warmUps + attempts - 1}) n`;
  await sql`
    insert into memberships (organization_id, user_id, role)
    select ${organizationId}, id, 'viewer' from users`;
  await sql.end();
}
