import { connectionCodes, sqlStateRuleOf } from '#lib/db/sql-state.ts';
import { AppError } from './app-error.ts';

/** Any thrown value as an error of the catalogue; what nobody foresaw becomes `internal`, with the value as its cause. Never throws. */
export function toAppError(thrown: unknown): AppError {
  if (isAppError(thrown)) return thrown;
  const code = findCode(thrown);
  if (code === 'unavailable') return new AppError(code, 'A dependency does not answer', { cause: thrown });
  if (code === 'deadline_exceeded')
    return new AppError(code, 'The time limit of the operation is used up', { cause: thrown });
  return new AppError('internal', 'Unexpected error', { cause: thrown });
}

function isAppError(thrown: unknown): thrown is AppError {
  try {
    return thrown instanceof AppError;
  } catch {
    return false;
  }
}

// Causes may go in a circle.
const maxCauses = 8;

/** What the first error says, of a chain of causes, that comes from a connection or from PostgreSQL. */
function findCode(thrown: unknown): 'unavailable' | 'deadline_exceeded' | undefined {
  try {
    let error = thrown;
    for (let depth = 0; error instanceof Error && depth < maxCauses; depth++, error = error.cause) {
      const failures: unknown[] = error instanceof AggregateError ? error.errors : [error];
      const code = failures.map((failure) => outcomeOf(failure)).find((found) => found !== undefined);
      if (code) return code;
    }
  } catch {
    // A getter or a proxy threw: whatever that is, it is not a dependency that does not answer.
  }
  return undefined;
}

function outcomeOf(failure: unknown): 'unavailable' | 'deadline_exceeded' | undefined {
  if (!(failure instanceof Error && 'code' in failure)) return undefined;
  const code = String(failure.code);
  if (code === 'DEADLINE_EXCEEDED') return 'deadline_exceeded';
  if (connectionCodes.test(code)) return 'unavailable';
  const { outcome } = sqlStateRuleOf(failure);
  if (outcome === 'internal') return undefined;
  // The transaction has been run again already.
  return outcome === 'retry' ? 'unavailable' : outcome;
}
