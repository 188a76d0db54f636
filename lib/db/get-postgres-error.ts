import { DrizzleQueryError } from 'drizzle-orm/errors';
import postgres from 'postgres';

/** The PostgreSQL error behind a failed statement, if it was one. */
export function getPostgresError(error: unknown): postgres.PostgresError | undefined {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof postgres.PostgresError ? cause : undefined;
}
