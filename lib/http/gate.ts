import { createHash } from 'node:crypto';
import { recordCountedAlone } from '#lib/observability/metrics.ts';
import { isKnownAddress } from '#lib/sessions/is-known-address.ts';
import { askFleet } from './ask-fleet.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import type { HttpRequest } from './http-request.ts';
import type { AuthenticationState } from './identify.ts';
import type { Middleware } from './middleware.ts';
import { addressOf, applyRateLimits, principalOf } from './rate-limit.ts';
import {
  type Counter,
  isBinding,
  isExceeded,
  type RateLimitName,
  rateLimits,
  type Usage,
} from './rate-limits.ts';

/** The one Redis round trip of a request, across all instances: counts it against its limits and looks up its session. */
export function gate(
  policy: Exclude<RateLimitName, 'instance'>,
  accountLimit?: EndpointSpec['accountLimit'],
): Middleware {
  return {
    async before({ event: request, internal }) {
      const state = internal as AuthenticationState;
      const counters: Counter[] = [{ policy, principal: principalOf(request) }];
      const account = accountLimit && accountOf(request.body, accountLimit.field);
      if (account) counters.push({ policy: accountLimit.policy, principal: digestOf(account) });
      if (state.isUnverified) counters.push({ policy: 'address', principal: addressOf(request.sourceIp) });
      const session = request.actor?.type === 'user' ? request.actor.session : undefined;
      const { usages, generation, isAlone } = await askFleet(counters, session, request.startedAt);
      state.generation = generation;
      if (isAlone) recordCountedAlone(modeOf(usages));
      const isSpared = account !== undefined && (await isNoStranger(request, account, usages));
      const applicable = isSpared ? usages.filter(({ counter }) => isBinding(counter)) : usages;
      applyRateLimits(request, applicable, isAlone);
    },
  };
}

/** Whether strangers alone have to wait, and the caller is none. */
async function isNoStranger(
  { sourceIp }: HttpRequest,
  account: string,
  usages: readonly Usage[],
): Promise<boolean> {
  const exceeded = usages.filter(isExceeded);
  if (exceeded.length === 0 || exceeded.some(({ counter }) => isBinding(counter))) return false;
  return isKnownAddress(account, (address) => addressOf(address) === addressOf(sourceIp));
}

function modeOf(usages: readonly Usage[]): 'local' | 'strict' | 'refused' {
  if (usages.some(isExceeded)) return 'refused';
  return usages.some(({ counter }) => rateLimits[counter.policy].whenAway === 'strict') ? 'strict' : 'local';
}

/** The account a body names, written as accounts are. */
function accountOf(body: unknown, field: string): string | undefined {
  const name = (body as Record<string, unknown> | null)?.[field];
  return typeof name === 'string' ? name.toLowerCase() : undefined;
}

/** Redis keeps no addresses of people. */
function digestOf(account: string): string {
  return createHash('sha256').update(account).digest('base64url');
}
