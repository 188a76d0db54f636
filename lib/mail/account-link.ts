import { getConfig } from '#lib/config/get-config.ts';

/** Where a page of the web client takes a mailed token; in the fragment, which no server, log or Referer header gets. */
export function accountLink(page: string, token: string): string {
  const { APP_URL, PUBLIC_URL } = getConfig();
  return `${(APP_URL || PUBLIC_URL).replace(/\/$/, '')}/${page}#token=${token}`;
}
