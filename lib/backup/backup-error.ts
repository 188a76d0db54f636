import { PermanentFailure } from '#lib/jobs/classify-failure.ts';

/** A backup that cannot be made, trusted or restored as things are; the message says to an operator why. */
export class BackupError extends PermanentFailure {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BackupError';
  }
}

/** A store refuses or does not answer as it should; another attempt may succeed. */
export class StoreError extends Error {
  override name = 'StoreError';
}
