import { AppError } from '#lib/errors/app-error.ts';
import { errorCatalog } from '#lib/errors/catalog.ts';

/** The same attempt would fail in the same way: the run is not tried again. */
export class PermanentFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PermanentFailure';
  }
}

/** What was enqueued does not fit the job's schema. */
export class PayloadError extends PermanentFailure {
  constructor(message: string) {
    super(message);
    this.name = 'PayloadError';
  }
}

/** Whether another attempt may succeed: what nobody foresaw may. */
export function classifyFailure(thrown: unknown): 'permanent' | 'retryable' {
  if (thrown instanceof PermanentFailure) return 'permanent';
  if (!(thrown instanceof AppError) || thrown.code === 'internal') return 'retryable';
  return errorCatalog[thrown.code].retryable ? 'retryable' : 'permanent';
}
