import { PermanentFailure } from '#lib/jobs/classify-failure.ts';

/** As much as EventBridge and SQS carry; what is larger belongs elsewhere, with its place in the payload. */
const maxBytes = 262_144;
// PostgreSQL's parser recurses, and gives up at some thousands.
const maxDepth = 200;

/** A value that the ledger does not keep: not JSON, larger than 256 KB or nested deeper than 200. */
export class UnstorableError extends PermanentFailure {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnstorableError';
  }
}

/** The value as JSON keeps it; characters that `jsonb` refuses become U+FFFD. Throws UnstorableError. */
export function toStorable(value: unknown): unknown {
  const json = toJson(value);
  if (json === undefined) return undefined;
  if (Buffer.byteLength(json) > maxBytes) throw new UnstorableError(`larger than ${maxBytes} bytes`);
  if (json.length > 2 * maxDepth && depthOf(json) > maxDepth)
    throw new UnstorableError(`nested deeper than ${maxDepth}`);
  // An escape pair at a time, so that an escaped backslash before "u0000" is not taken for a part of it.
  return JSON.parse(
    json.replace(/\\(?:u[\da-f]{4}|.)/g, (pair) => (/^\\u(?:0000|d[89a-f])/.test(pair) ? '\uFFFD' : pair)),
  );
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A circle, a bigint, a toJSON that throws, or too deep for the stack.
    throw new UnstorableError(`not JSON: ${String(error).split('\n')[0]}`, { cause: error });
  }
}

function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (bracket === '[' || bracket === '{') deepest = Math.max(deepest, ++depth);
    else if (bracket === ']' || bracket === '}') depth--;
  }
  return deepest;
}
