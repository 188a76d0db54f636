import { DrizzleQueryError } from 'drizzle-orm/errors';
import postgres from 'postgres';

/** The PostgreSQL error behind a failed statement, if it was one. */
export function getPostgresError(error: unknown): postgres.PostgresError | undefined {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof postgres.PostgresError ? cause : undefined;
}

/** True when a statement failed because a row with the same key exists (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const failure = getPostgresError(error);
  return failure?.code === '23505' && failure.constraint_name === constraint;
}
