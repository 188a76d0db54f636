import { connectionCodes, sqlStateRuleOf } from '#lib/db/sql-state.ts';
import { AppError } from './app-error.ts';

/** Any thrown value as an error of the catalogue; what nobody foresaw becomes `internal`, with the value as its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = findCode(thrown);
  if (code === 'unavailable') return new AppError(code, 'A dependency does not answer', { cause: thrown });
  if (code === 'deadline_exceeded')
    return new AppError(code, 'The time limit of the operation is used up', { cause: thrown });
  return new AppError('internal', 'Unexpected error', { cause: thrown });
}

/** What the first error says, of a chain of causes, that comes from a connection or from PostgreSQL. */
function findCode(thrown: unknown): 'unavailable' | 'deadline_exceeded' | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const failures: unknown[] = error instanceof AggregateError ? error.errors : [error];
    const codes = failures.map((failure) => outcomeOf(failure));
    const code = codes.find((found) => found !== undefined);
    if (code) return code;
  }
  return undefined;
}

function outcomeOf(failure: unknown): 'unavailable' | 'deadline_exceeded' | undefined {
  if (!(failure instanceof Error && 'code' in failure)) return undefined;
  const code = String(failure.code);
  if (code === 'DEADLINE_EXCEEDED') return 'deadline_exceeded';
  if (connectionCodes.test(code)) return 'unavailable';
  const { outcome } = sqlStateRuleOf(code);
  if (outcome === 'internal') return undefined;
  // The transaction has been run again already.
  return outcome === 'retry' ? 'unavailable' : outcome;
}
