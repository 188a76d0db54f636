import { getConfig } from '#lib/config/get-config.ts';
import { getInvocation, withinDeadline } from '#lib/invocation.ts';
import { noteSpan } from '#lib/observability/spans.ts';
import { ConnectionError } from './connection-error.ts';

// The server's own limit comes first and says what it ended.
const marginMs = 500;

export interface StatementLimits {
  /** For the first word with the server: connecting, BEGIN, a statement of a quick request. Shows a server that hangs. */
  readonly firstWordMs: number;
  readonly statementMs: number;
}

/** How long the invocation under way waits for the database; scripts outside of one wait as long as jobs do. */
export function getStatementLimits(): StatementLimits {
  const { DATABASE_TIMEOUT_MS: firstWordMs, DATABASE_STATEMENT_TIMEOUT_MS } = getConfig();
  const isQuick = getInvocation()?.isLong === false;
  return { firstWordMs, statementMs: isQuick ? firstWordMs : DATABASE_STATEMENT_TIMEOUT_MS + marginMs };
}

/** Runs `work` with what is left of `ownMs` and of the invocation; its error says which of both was used up. */
export async function withinLimit<T>(
  ownMs: number,
  work: (timeoutMs: number) => T | Promise<T>,
): Promise<Awaited<T>> {
  const timeoutMs = withinDeadline(Math.max(1, ownMs));
  try {
    return await work(timeoutMs);
  } catch (error) {
    const isNoAnswer = error instanceof ConnectionError && error.code === 'NO_ANSWER';
    if (!isNoAnswer || timeoutMs >= Math.floor(ownMs)) throw error;
    throw new ConnectionError(
      'DEADLINE_EXCEEDED',
      'the time limit of the invocation is used up',
      error.wasSent,
    );
  }
}

/** Runs `work` and adds its time, and `statements`, to what the invocation under way has used. */
export async function noteUse<T>(statements: number, work: () => Promise<T>): Promise<T> {
  const invocation = getInvocation();
  if (!invocation) return work();
  const startedAt = performance.now();
  invocation.statements += statements;
  try {
    return await work();
  } finally {
    invocation.databaseMs += performance.now() - startedAt;
    noteSpan('postgresql', startedAt, 'client');
  }
}
