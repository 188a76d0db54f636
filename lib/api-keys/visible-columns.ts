import { getTableColumns } from 'drizzle-orm';
import { apiKeys } from '#lib/db/schema/api-keys.ts';

const { secretHash: _, previousSecretHash: __, ...columns } = getTableColumns(apiKeys);

/** What verbs read of a key: the hashes leave the database only to be compared. */
export const visibleColumns = columns;
