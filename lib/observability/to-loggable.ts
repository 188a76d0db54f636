import { toError } from '#lib/errors/to-error.ts';
import { isSecretField, isSecretItem, redacted, redactText } from './redact-text.ts';

// A line has to fit into a CloudWatch event (256 KB) whatever somebody logs, and one long value must not hide the others.
const maxTextLength = 2_000;
const maxDepth = 6;
const maxEntries = 100;
const maxTotal = { values: 500, characters: 50_000 };

// An allow-list: what libraries hang on their errors are rows, parameters and requests.
const errorFields = [
  'code',
  'errno',
  'syscall',
  'severity',
  'table_name',
  'constraint_name',
  'status',
] as const;

interface Walk {
  readonly ancestors: object[];
  values: number;
  characters: number;
}

/**
 * Copies fields as JSON can hold them and everybody may read them: secrets are redacted, sizes bounded. Never throws, whatever the
 * values do.
 */
export function copyInto(target: Record<string, unknown>, fields: object): void {
  copyFields(fields, { ancestors: [], values: 0, characters: 0 }, target);
}

/** A text as it may be logged, kept or sent to an error tracker: redacted, and of bounded length. */
export function toLoggableText(text: string, maxLength = maxTextLength): string {
  if (text.length <= maxLength) return redactText(text);
  // Redacted with what follows, so that the cut does not make a secret unrecognizable.
  const kept = redactText(text.slice(0, maxLength * 2)).slice(0, maxLength);
  return `${kept}… (${text.length} characters)`;
}

function copyFields(from: object, walk: Walk, copy: Record<string, unknown> = {}): Record<string, unknown> {
  let entries = 0;
  for (const key of Object.keys(from)) {
    if (++entries > maxEntries) {
      copy['…'] = 'more fields';
      break;
    }
    const value = readField(from, key);
    if (value === undefined) continue;
    copy[toLoggableName(key)] = isSecretField(key, value) ? redacted : toValue(value, walk);
  }
  return copy;
}

const names = new Map<string, string>();
// Ours are few and short; those that clients choose must not fill the memory.
const maxNames = 200;
const maxNameLength = 30;

/** The name of a field as it may be logged; remembered, for every line has the same. */
function toLoggableName(name: string): string {
  if (name.length <= 8) return name;
  const known = names.get(name);
  if (known !== undefined) return known;
  const loggable = toLoggableText(name, 100);
  if (names.size < maxNames && name.length <= maxNameLength) names.set(name, loggable);
  return loggable;
}

function readField(from: object, key: string): unknown {
  try {
    return from[key as keyof typeof from];
  } catch {
    return '[threw]';
  }
}

function toValue(value: unknown, walk: Walk): unknown {
  if (++walk.values > maxTotal.values) return '[more]';
  switch (typeof value) {
    case 'string':
      return toText(value, walk);
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : toTree(value, walk);
    case 'bigint':
    case 'symbol':
      return toText(String(value), walk);
    default:
      return `[${typeof value}]`;
  }
}

function toText(text: string, walk: Walk): string {
  if (walk.characters > maxTotal.characters) return '[more]';
  const loggable = toLoggableText(text);
  walk.characters += loggable.length;
  return loggable;
}

function toTree(value: object, walk: Walk): unknown {
  if (walk.ancestors.includes(value)) return '[circular]';
  if (walk.ancestors.length >= maxDepth) return '[deeper]';
  walk.ancestors.push(value);
  try {
    return copyObject(value, walk);
  } catch {
    return '[unreadable]';
  } finally {
    walk.ancestors.pop();
  }
}

function copyObject(value: object, walk: Walk): unknown {
  if (value instanceof Error) return copyError(value, walk);
  if (Array.isArray(value)) return copyList(value, walk);
  if (value instanceof Map) return copyMap(value, walk);
  if (value instanceof Set) return copyList([...value], walk);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  return copyFields(value, walk);
}

function copyList(list: readonly unknown[], walk: Walk): unknown[] {
  const copy = list
    .slice(0, maxEntries)
    .map((item, index) => (isSecretItem(list, index) ? redacted : toValue(item, walk)));
  if (list.length > maxEntries) copy.push(`… (${list.length} entries)`);
  return copy;
}

function copyMap(map: Map<unknown, unknown>, walk: Walk): Record<string, unknown> {
  const named = [...map].map(([key, item]) => [typeof key === 'object' ? '[object]' : String(key), item]);
  return copyFields(Object.fromEntries(named), walk);
}

function copyError(thrown: Error, walk: Walk): Record<string, unknown> {
  // A failed query names its parameters in its text, also where it is only the cause.
  const error = toError(thrown);
  const copy: Record<string, unknown> = {};
  for (const field of ['name', 'message', ...errorFields, 'stack'] as const) {
    const value = readField(error, field);
    if (value === undefined || isSecretField(field, value)) continue;
    copy[field] = toValue(value, walk);
  }
  const cause = readField(error, 'cause');
  if (cause !== undefined) copy.cause = toValue(cause, walk);
  const errors = readField(error, 'errors');
  if (error instanceof AggregateError && Array.isArray(errors)) copy.errors = copyList(errors, walk);
  return copy;
}
