import { AppError } from './app-error.ts';

/** Any thrown value as an error of the catalogue; what nobody foresaw becomes `internal`, with the value as its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isUnavailable(thrown))
    return new AppError('unavailable', 'A dependency does not answer', { cause: thrown });
  return new AppError('internal', 'Unexpected error', { cause: thrown });
}

// Connection-level failures of postgres.js and Node, and the SQLSTATE classes that mean "not now":
// 08 connection exception, 53 insufficient resources, 57P admin shutdown and cannot connect now.
const unavailableCodes =
  /^(CONNECT_TIMEOUT|CONNECTION_(CLOSED|DESTROYED|ENDED)|ECONN(REFUSED|RESET)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08...|53...|57P0[1-4])$/;

function isUnavailable(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const failures = error instanceof AggregateError ? error.errors : [error];
    if (failures.some((failure) => unavailableCodes.test(String(failure?.code ?? '')))) return true;
  }
  return false;
}
