import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { deriveKey, deriveKeys } from './derive-key.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts what has to be readable again (AES-256-GCM), as base64url text that only `unseal` of the same purpose opens. */
export function seal(purpose: string, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', deriveKey(purpose), nonce, { authTagLength: tagBytes });
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return sealed.toString('base64url');
}

/** The sealed text; throws when neither AUTH_SECRET nor the former one has sealed it for this purpose, or a bit has changed. */
export function unseal(purpose: string, sealed: string): string {
  const [current, former] = deriveKeys(purpose);
  try {
    return open(current, sealed);
  } catch (error) {
    // GCM does not tell another key from a bit that has changed.
    if (!former) throw error;
    return open(former, sealed);
  }
}

function open(key: KeyObject, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}
