import { getConfig } from '#lib/config/get-config.ts';
import type { Network } from './address-guard.ts';
import { sendRequest } from './send-request.ts';
import type { Upstream } from './upstreams.ts';

/**
 * The receiver of a webhook, which a customer names: only what the internet routes, but on a laptop. One breaker a host of an
 * organization, that nobody is told of: what one organization has a host answer keeps no other from it. The notification is tried
 * again, with a longer breath.
 */
export function webhook(url: string, organizationId: string): Upstream {
  return {
    name: `webhook-${organizationId}-${new URL(url).host}`,
    // Long enough for a receiver that begins cold; the Standard Webhooks advise 15 to 30 s, for receivers that work before they answer.
    timeoutMs: 10_000,
    retries: 0,
    network: webhookNetwork(),
    // An error page of any size is the answer that its status is.
    largestBodyBytes: 0,
    send: sendRequest,
    minimumCalls: 10,
  };
}

/** Where webhooks may go to: on a laptop also to the laptop. */
export function webhookNetwork(): Network {
  return ['local', 'test'].includes(getConfig().PLINTH_STAGE) ? 'any' : 'public';
}
