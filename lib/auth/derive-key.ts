import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { getConfig } from '#lib/config/get-config.ts';

type Keys = readonly [current: KeyObject, ...former: KeyObject[]];

const keys = new Map<string, Keys>();
let derivedFrom: string | undefined;

/** The 256-bit key for one purpose, derived from AUTH_SECRET (HKDF, RFC 5869): what leaks of one tells nothing of another. */
export function deriveKey(purpose: string): KeyObject {
  return deriveKeys(purpose)[0];
}

/** The same, and where AUTH_SECRET_FORMER is set the one before: good for what it sealed or signed, to be used for nothing new. */
export function deriveKeys(purpose: string): Keys {
  const { AUTH_SECRET: secret, AUTH_SECRET_FORMER: former } = getConfig();
  const secrets = `${secret} ${former}`;
  if (secrets !== derivedFrom) keys.clear();
  derivedFrom = secrets;
  let found = keys.get(purpose);
  if (!found) {
    found = former === '' ? [derive(secret, purpose)] : [derive(secret, purpose), derive(former, purpose)];
    keys.set(purpose, found);
  }
  return found;
}

function derive(secret: string, purpose: string): KeyObject {
  // As bytes it would be made a key anew at each use: 18 us of the 22 that an HMAC took.
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `plinth ${purpose}`, 32)));
}
