import { sql } from 'drizzle-orm';
import { check, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';

export const signingKeyStates = ['pending', 'current', 'retiring', 'revoked'] as const;

export const signingKeys = pgTable(
  'signing_keys',
  {
    kid: text().primaryKey(),
    state: text({ enum: signingKeyStates }).notNull(),
    publicJwk: jsonb().$type<{ kty: 'OKP'; crv: 'Ed25519'; x: string }>().notNull(),
    /** Erased when the key is revoked. */
    sealedPrivateJwk: text(),
    createdAt: instant().notNull().default(sql`now()`),
    /** Since when the key is in its state. */
    stateSince: instant().notNull().default(sql`now()`),
  },
  (table) => [
    uniqueIndex('signing_keys_one_current').on(table.state).where(sql`state = 'current'`),
    check(
      'signing_keys_state_known',
      sql.raw(`state in (${signingKeyStates.map((state) => `'${state}'`).join(', ')})`),
    ),
  ],
);
