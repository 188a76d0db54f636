import { customType } from 'drizzle-orm/pg-core';

/**
 * `timestamptz` as RFC 3339 text in UTC with all microseconds. A JavaScript Date would drop three digits, and a page
 * cursor made from it would skip or repeat rows. Sessions run in UTC, so the server's text ends in `+00`.
 */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  fromDriver(text) {
    if (!text.endsWith('+00')) throw new Error(`the session does not run in UTC: ${text}`);
    return `${text.slice(0, -3).replace(' ', 'T')}Z`;
  },
});
