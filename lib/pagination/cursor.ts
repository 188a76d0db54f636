import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { deriveKey, deriveKeys } from '#lib/auth/derive-key.ts';
import { AppError } from '#lib/errors/app-error.ts';

// Half of a SHA-256: as far beyond guessing, in a shorter address.
const sealBytes = 16;
const purpose = 'list cursor';

/** What a cursor is good for: the list, the tenant, the order and the filters, as JSON. */
export type CursorScope = readonly unknown[];

/** The place behind a row, as opaque text that `openCursor` accepts for the same scope only. */
export function sealCursor(scope: CursorScope, position: readonly string[]): string {
  const text = JSON.stringify(position);
  return Buffer.concat([sealOf(deriveKey(purpose), scope, text), Buffer.from(text)]).toString('base64url');
}

/** The position in the cursor; throws `invalid_cursor` unless `sealCursor` made it, for the same scope. */
export function openCursor(scope: CursorScope, cursor: string): string[] {
  const bytes = Buffer.from(cursor, 'base64url');
  const seal = bytes.subarray(0, sealBytes);
  const text = bytes.subarray(sealBytes).toString();
  // Decoding forgives stray characters and bits; only the text that was given out is a cursor.
  const isCanonical = seal.length === sealBytes && bytes.toString('base64url') === cursor;
  const isOurs = (key: KeyObject) => timingSafeEqual(seal, sealOf(key, scope, text));
  if (!isCanonical || !deriveKeys(purpose).some(isOurs))
    throw new AppError('invalid_cursor', 'The cursor is not one that this list gave out for this query');
  return JSON.parse(text);
}

function sealOf(key: KeyObject, scope: CursorScope, text: string): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([scope, text]))
    .digest()
    .subarray(0, sealBytes);
}
