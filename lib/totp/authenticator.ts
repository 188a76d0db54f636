import { Secret, TOTP } from 'otpauth';

// What every authenticator app understands; several ignore other values and show wrong codes.
const parameters = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** For so long an app shows the same code. */
export const periodMs = parameters.period * 1000;

/** A new secret of 160 bits (RFC 4226, 4: R6), in base32. */
export function createSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** What an authenticator app scans. */
export function otpauthUriOf(
  secret: string,
  { issuer, account }: { issuer: string; account: string },
): string {
  return new TOTP({ ...parameters, secret, issuer, label: account }).toString();
}

/** What an authenticator app shows at an instant. */
export function codeAt(secret: string, now: Date): string {
  return new TOTP({ ...parameters, secret }).generate({ timestamp: now.getTime() });
}

/** The time step that a code of six digits belongs to: the current one or its neighbours (RFC 6238, 5.2), and undefined for a wrong code. */
export function findTimeStep(secret: string, code: string, now: Date): number | undefined {
  const totp = new TOTP({ ...parameters, secret });
  const timestamp = now.getTime();
  const delta = totp.validate({ token: code, timestamp, window: 1 });
  return delta === null ? undefined : totp.counter({ timestamp }) + delta;
}
