/** What a failed statement means to who sent it. `retry`: the whole transaction may succeed when it is run again. */
export type SqlOutcome = 'retry' | 'unavailable' | 'deadline_exceeded' | 'internal';

interface SqlStateRule {
  readonly outcome: SqlOutcome;
  /** The connection, or the server behind it, is of no use any more. */
  readonly isDiscarded: boolean;
}

const keep = (outcome: SqlOutcome): SqlStateRule => ({ outcome, isDiscarded: false });
const discard = (outcome: SqlOutcome): SqlStateRule => ({ outcome, isDiscarded: true });

/**
 * By SQLSTATE or, where a class means one thing, by its first characters; with the routine of the server that says so, where a SQLSTATE
 * means many things. Its message cannot tell them apart, for it is in the language of the server. What is not here is a mistake of ours: `internal`.
 */
export const sqlStateRules: Readonly<Record<string, SqlStateRule>> = {
  // Connection exceptions.
  '08': discard('unavailable'),
  // A migration changed the type of a column that a prepared statement of this connection returns.
  '0A000 RevalidateCachedQuery': discard('retry'),
  // Read-only transaction: after a failover the connection still leads to what was the primary.
  '25006': discard('unavailable'),
  // The session was idle in its transaction for too long: the server has ended it.
  '25P03': discard('unavailable'),
  // The prepared statement is unknown: a pooler gave us another server connection.
  '26000': discard('unavailable'),
  // Serialization failure, deadlock.
  '40001': keep('retry'),
  '40P01': keep('retry'),
  // Insufficient resources: connections, memory, disk.
  '53': discard('unavailable'),
  // lock_timeout.
  '55P03': keep('unavailable'),
  // statement_timeout, or cancelled by an operator.
  '57014': keep('deadline_exceeded'),
  // Shut down, crashed, starting up, dropped, idle for too long.
  '57P': discard('unavailable'),
  // transaction_timeout.
  '25P04': discard('deadline_exceeded'),
  // An error of the system, as of a disk.
  '58': discard('unavailable'),
};

const mistake = keep('internal');

/** What the server has said of a statement. */
interface ServerError extends Error {
  readonly code?: unknown;
  readonly routine?: unknown;
}

export function sqlStateRuleOf(error: ServerError | undefined): SqlStateRule {
  const sqlState = String(error?.code ?? '');
  return (
    sqlStateRules[`${sqlState} ${error?.routine}`] ??
    sqlStateRules[sqlState] ??
    sqlStateRules[sqlState.slice(0, 3)] ??
    sqlStateRules[sqlState.slice(0, 2)] ??
    mistake
  );
}

/** An error of the server, or the one that caused this error: Drizzle wraps what the server said. */
export function findServerError(error: unknown): ServerError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('severity_local' in cause && 'code' in cause) return cause;
  return undefined;
}

/** What Node, postgres.js and our own connections say of a connection that cannot be made or used. */
export const connectionCodes =
  /^(CONNECT_TIMEOUT|CONNECTION_(CLOSED|DESTROYED|ENDED)|NO_ANSWER|POOL_EXHAUSTED|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
