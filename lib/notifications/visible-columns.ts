import { getTableColumns } from 'drizzle-orm';
import { notificationRules } from '#lib/db/schema/notification-rules.ts';

const {
  organizationId: _,
  sealedSecret: _secret,
  sealedPreviousSecret: _previous,
  ...columns
} = getTableColumns(notificationRules);

/** What a client may see of a rule: no secret, sealed or not. */
export const visibleColumns = columns;
