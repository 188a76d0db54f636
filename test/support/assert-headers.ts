import { expect } from 'vitest';

// OWASP REST Security and HTTP Headers Cheat Sheets, and what we tell of every request.
const commonHeaders: Readonly<Record<string, RegExp>> = {
  'x-content-type-options': /^nosniff$/,
  'content-security-policy': /^default-src 'none';.*frame-ancestors 'none'/,
  'referrer-policy': /^no-referrer$/,
  'strict-transport-security': /^max-age=31536000; includeSubDomains$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'cache-control': /./,
  vary: /^accept-encoding, origin$/,
  'x-request-id': /^[\w-]{8,128}$/,
  'x-process-time': /^\d+\.\d{6}$/,
  'server-timing': /^total;dur=/,
};

/** Fails when an answer lacks what every answer has. */
export function assertHeaders(headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(commonHeaders)) expect(headers[name], name).toMatch(value);
  for (const telling of ['server', 'x-powered-by']) expect(headers[telling]).toBeUndefined();
}
