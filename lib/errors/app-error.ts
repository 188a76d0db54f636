import type { ErrorCode } from './catalog.ts';

/** One rule that one part of the request breaks; `pointer` is a JSON pointer (RFC 6901) into that part. */
export interface FieldError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

interface AppErrorOptions extends ErrorOptions {
  readonly errors?: readonly FieldError[];
  /** The version that is current, when the caller named another one. */
  readonly currentVersion?: number;
  readonly retryAfterSeconds?: number;
  readonly allowedMethods?: readonly string[];
}

/** A failure the client may know about: `code` is in the catalogue, `detail` is written for the client. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly options: AppErrorOptions;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options);
    this.name = 'AppError';
    this.code = code;
    this.options = options;
  }
}
