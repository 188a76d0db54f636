import postgres from 'postgres';
import type { Script } from './migration-files.ts';

/** What stops a migration, for the person who runs it: what happened, what became of the database, what to do next. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const connectionLost = 'The connection was lost. Run it again once the database answers.';

/** SQLSTATEs, or their classes, for which there is something better to do than to correct the file. */
const nextSteps: Readonly<Record<string, string>> = {
  '08': connectionLost,
  '22': 'Rows that are there do not fit what is made of them. Correct them first, in a migration of its own.',
  '23': 'Rows that are there break the new rule. Correct them first, in a migration of its own.',
  '28': 'The database refuses the credentials in DATABASE_MIGRATION_URL, or DATABASE_URL where that is not set.',
  '42501':
    'The role may not do that: DATABASE_MIGRATION_URL has to name the role that owns the tables (drizzle/README.md).',
  '53': 'The server has run out of disk, memory or connections. Give it more, then run it again.',
  '55P03':
    'Somebody held a lock on the table all the time. Look for long transactions in pg_stat_activity, end them or wait, then run it again.',
  '57': connectionLost,
  '57014':
    'It took longer than its statement timeout. Do it in smaller steps or CONCURRENTLY, or raise the limit with a line `-- statement-timeout: 10min`.',
};

/**
 * What PostgreSQL said of a statement, with its file, line and SQLSTATE; `kept` says what became of the schema. Leaves out what may quote
 * rows: the detail of the error, and the value that could not be converted.
 */
export function describeFailure(script: Script, index: number, error: unknown, kept: string): MigrationError {
  const { text = '', line = 1 } = script.statements[index] ?? {};
  const isFromServer = error instanceof postgres.PostgresError;
  const code = isFromServer ? error.code : String((error as { code?: unknown }).code ?? 'no SQLSTATE');
  const position = isFromServer ? Number(error.position ?? 1) : 1;
  const failedLine = line + text.slice(0, position - 1).split('\n').length - 1;
  const quoted = text.split('\n')[failedLine - line]?.trim() ?? '';
  const next = isFromServer
    ? (nextSteps[code] ?? nextSteps[code.slice(0, 2)] ?? 'Correct the file, then run it again.')
    : connectionLost;
  const quotesRows = isFromServer && code.startsWith('22');
  const message = error instanceof Error ? error.message : String(error);
  const said = quotesRows ? message.replace(/".*"/s, '"…"') : message;
  return new MigrationError(
    [
      `drizzle/${script.file}:${failedLine}, statement ${index + 1} of ${script.statements.length}: ${said} (${code})`,
      `  ${quoted.slice(0, 160)}`,
      kept,
      next,
    ].join('\n'),
    // Whoever logs the cause would log what it quotes.
    quotesRows ? undefined : { cause: error },
  );
}
