import * as z from 'zod';
import { AppError } from '#lib/errors/app-error.ts';

// PostgreSQL has no year 0.
const Position = z.tuple([z.iso.datetime().refine((text) => text >= '0001'), z.uuid()]);

/** The place behind an audit event in the list, as opaque text. */
export function encodeCursor(event: { createdAt: string; id: string }): string {
  return Buffer.from(JSON.stringify([event.createdAt, event.id])).toString('base64url');
}

/** The place a cursor stands for; throws `invalid_cursor` for anything that encodeCursor did not make. */
export function decodeCursor(cursor: string): { createdAt: string; id: string } {
  const position = Position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!position.success) throw new AppError('invalid_cursor', 'The cursor is not one this list gave out');
  const [createdAt, id] = position.data;
  return { createdAt, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
