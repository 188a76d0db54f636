/** Why a statement has no answer; `toAppError` knows these codes. */
export type ConnectionFailure = 'CONNECTION_CLOSED' | 'NO_ANSWER' | 'POOL_EXHAUSTED' | 'DEADLINE_EXCEEDED';

/** The database did not answer a statement. */
export class ConnectionError extends Error {
  readonly code: ConnectionFailure;
  /** Whether the server may have run the statement all the same. */
  readonly wasSent: boolean;

  constructor(code: ConnectionFailure, message: string, wasSent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionError';
    this.code = code;
    this.wasSent = wasSent;
  }
}
