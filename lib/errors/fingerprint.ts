import { createHash } from 'node:crypto';
import { toLoggableText } from '#lib/observability/to-loggable.ts';
import type { ErrorCode } from './catalog.ts';

/** What is the same about two failures that have one cause. */
export interface FailureKind {
  readonly fingerprint: string;
  /** As the error names itself, `PostgresError 23505`. */
  readonly errorClass: string;
  /** The message without what differs each time. */
  readonly title: string;
}

const maxTitleLength = 200;
// What depends on the whole fleet, not on the operation: one outage is one group, not one for each route.
const acrossOperations: readonly ErrorCode[] = ['unavailable', 'deadline_exceeded'];

/**
 * Groups by operation, class and message. Not by the stack: bundles are minified and ship no maps, so that names of functions and
 * lines change with every release, and a stack says less than the operation. Never throws.
 */
export function kindOf(operation: string, code: ErrorCode, failure: unknown): FailureKind {
  const { name, message } = rootOf(failure);
  const title = normalize(message);
  const where = acrossOperations.includes(code) ? '' : operation;
  const fingerprint = createHash('sha256')
    .update([where, code, name, title].join('\n'))
    .digest('hex')
    .slice(0, 32);
  return { fingerprint, errorClass: name, title };
}

const maxCauses = 5;

/** The innermost cause is what happened; what is around it says who noticed. */
function rootOf(failure: unknown): { name: string; message: string } {
  try {
    let error = failure;
    for (let depth = 0; error instanceof Error && error.cause instanceof Error && depth < maxCauses; depth++)
      error = error.cause;
    if (error instanceof AggregateError && error.errors[0] instanceof Error) error = error.errors[0];
    if (error instanceof Error) return { name: classOf(error), message: String(error.message) };
    return { name: typeof failure, message: String(failure) };
  } catch {
    return { name: 'unreadable', message: '' };
  }
}

function classOf(error: Error & { code?: unknown; severity?: unknown }): string {
  const code = /^\w{2,40}$/.test(String(error.code ?? '')) ? ` ${error.code}` : '';
  // The minifier renames classes, and some libraries name their errors by the class.
  if (error.severity !== undefined) return `PostgresError${code}`;
  return (error.name.length > 2 ? error.name : 'Error') + code;
}

/** Without ids, numbers, quoted values, and names that the minifier made. */
function normalize(message: string): string {
  return toLoggableText(message, 1_000)
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '<id>')
    .replace(/"[^"]*"/g, '"…"')
    .replace(/'(?![A-Za-z_]{1,40}')[^']*'/g, "'…'")
    .replace(/\b(?=\w*\d)[0-9a-f]{8,}\b/gi, '<id>')
    .replace(/\$\d+(, ?\$\d+)*/g, '$n')
    .replace(/\d+([.:]\d+)*/g, '<n>')
    .replace(/^[^\s"']{1,80}\.(\w+)(?= is not )/, '_.$1')
    .replace(/^[\w$]{1,2}(?= is not )/, '_')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, maxTitleLength);
}
