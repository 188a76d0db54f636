import postgres from 'postgres';
import { seal, unseal } from '#lib/auth/seal.ts';
import { ConfigError } from '#lib/config/parse-config.ts';
import { openClient } from '#lib/db/open-client.ts';

const usage = `Usage: DATABASE_URL=postgres://… AUTH_SECRET=… AUTH_SECRET_FORMER=… npm run seal:anew

Seals with AUTH_SECRET what AUTH_SECRET_FORMER has sealed. Mails that wait are not touched: they are gone within hours.`;

/** What is kept sealed, and for what it was. */
export const sealedColumns = [
  { table: 'signing_keys', id: 'kid', column: 'sealed_private_jwk', purpose: 'signing key' },
  { table: 'totp_enrolments', id: 'user_id', column: 'sealed_secret', purpose: 'totp' },
  { table: 'notification_rules', id: 'id', column: 'sealed_secret', purpose: 'webhook secret' },
  { table: 'notification_rules', id: 'id', column: 'sealed_previous_secret', purpose: 'webhook secret' },
];

/** Seals everything anew that is kept sealed, in one transaction; what neither secret opens stays as it is, and is counted. */
export function sealAnew(sql: postgres.Sql): Promise<{ sealed: number; unreadable: number }> {
  return sql.begin(async (tx) => {
    const counts = { sealed: 0, unreadable: 0 };
    for (const { table, id, column, purpose } of sealedColumns) {
      const rows = await tx.unsafe<{ id: string; sealed: string }[]>(
        `select ${id} as id, ${column} as sealed from ${table} where ${column} is not null for update`,
      );
      const renewed = rows.flatMap((row) => renew(purpose, row));
      await tx.unsafe(
        `update ${table} set ${column} = renewed.sealed
         from jsonb_to_recordset($1::text::jsonb) as renewed (id text, sealed text) where ${table}.${id}::text = renewed.id`,
        [JSON.stringify(renewed)],
      );
      counts.sealed += renewed.length;
      counts.unreadable += rows.length - renewed.length;
    }
    return counts;
  });
}

function renew(purpose: string, { id, sealed }: { id: string; sealed: string }) {
  try {
    return [{ id, sealed: seal(purpose, unseal(purpose, sealed)) }];
  } catch {
    // Sealed by a secret that is neither, which one row must not keep from being told of the others.
    return [];
  }
}

if (import.meta.main) {
  const { DATABASE_URL, AUTH_SECRET, AUTH_SECRET_FORMER } = process.env;
  if (!DATABASE_URL || !AUTH_SECRET || !AUTH_SECRET_FORMER) {
    console.error(usage);
    process.exit(64);
  }
  // The settings of a stage are read as a whole, and this needs no other.
  const others = { UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9', UPSTASH_REDIS_REST_TOKEN: 'none' };
  Object.assign(process.env, { PLINTH_STAGE: 'local', ...others });
  const sql = openClient(DATABASE_URL, { max: 1, connect_timeout: 5 });
  try {
    seal('check of the settings', '');
    const { sealed, unreadable } = await sealAnew(sql);
    console.log(`${sealed} sealed anew with AUTH_SECRET, ${unreadable} that neither secret opens.`);
    if (unreadable > 0) process.exitCode = 1;
  } catch (error) {
    const isTheirs = error instanceof ConfigError || error instanceof postgres.PostgresError;
    if (!isTheirs && !(error instanceof Error && 'code' in error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
