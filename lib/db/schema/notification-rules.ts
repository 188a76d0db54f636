import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './instant.ts';
import { organizations } from './organizations.ts';

/** Who wants to be told of what, and how. */
export const notificationRules = pgTable(
  'notification_rules',
  {
    id: uuid().primaryKey(),
    organizationId: uuid()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    /** `platform`: of operators, who hear what happens inside. */
    scope: text({ enum: ['organization', 'platform'] }).notNull(),
    name: text().notNull(),
    events: text().array().notNull(),
    channel: text({ enum: ['webhook', 'email', 'sns'] }).notNull(),
    target: text().notNull(),
    quietHours: jsonb().$type<{ from: string; to: string; timezone: string }>(),
    /** What happens again within this time is not told again. */
    dedupeMinutes: integer().notNull(),
    isEnabled: boolean().notNull().default(true),
    /** Of a webhook: what signs. */
    sealedSecret: text(),
    /** The one before the last rotation signs as well, until it ends. */
    sealedPreviousSecret: text(),
    previousExpiresAt: instant(),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    index('notification_rules_organization_idx').on(table.organizationId, table.createdAt, table.id),
    check('notification_rules_signed', sql`(channel = 'webhook') = (sealed_secret is not null)`),
    check('notification_rules_sns_of_platform', sql`channel <> 'sns' or scope = 'platform'`),
  ],
);
