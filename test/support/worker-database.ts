import postgres from 'postgres';
import { inject } from 'vitest';

const database = `plinth_worker_${process.env.VITEST_POOL_ID}`;
const admin = postgres(inject('databaseUrl'), { max: 1, onnotice: () => {} });
const [existing] = await admin`select 1 from pg_database where datname = ${database}`;
if (!existing) await admin.unsafe(`create database ${database} template ${inject('templateDatabase')}`);
await admin.end();

Object.assign(process.env, {
  PLINTH_STAGE: 'test',
  DATABASE_URL: inject('databaseUrl').replace(/\/[^/]*$/, `/${database}`),
  DATABASE_POOL_MAX: '10',
  UPSTASH_REDIS_REST_URL: inject('redisUrl'),
  UPSTASH_REDIS_REST_TOKEN: inject('redisToken'),
  // Far above what a busy test machine needs; the budgets themselves have tests of their own.
  REDIS_TIMEOUT_MS: '1000',
  DATABASE_TIMEOUT_MS: '5000',
  REGISTRATION: 'open',
  MAILER: 'console',
  AUTH_SECRET: inject('authSecret'),
  AUTH_EXTERNAL_ISSUERS: JSON.stringify([inject('tokenIssuer')]),
});
