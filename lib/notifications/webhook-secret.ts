import { createHmac, randomBytes } from 'node:crypto';
import { seal, unseal } from '#lib/auth/seal.ts';

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
const prefix = 'whsec_';
// 24 to 64 bytes, says the specification.
const secretBytes = 32;
const purpose = 'webhook secret';

/** A new secret of a webhook as its receiver gets it, and as it is stored. */
export function createWebhookSecret(): { secret: string; sealedSecret: string } {
  const secret = prefix + randomBytes(secretBytes).toString('base64');
  return { secret, sealedSecret: seal(purpose, secret) };
}

/** The headers that prove to a receiver who sent a body, and when; a signature for each secret. */
export function signWebhook(
  sealedSecrets: readonly string[],
  { id, at, body }: { id: string; at: Date; body: string },
): Record<string, string> {
  const timestamp = Math.floor(at.getTime() / 1000);
  const signatures = sealedSecrets.map((sealed) => {
    const key = Buffer.from(unseal(purpose, sealed).slice(prefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
