import { isIPv6 } from 'node:net';
import { AppError } from '#lib/errors/app-error.ts';
import type { HttpRequest } from './http-request.ts';
import { type RateLimitName, rateLimits } from './rate-limits.ts';

/** Whose budget a request uses: the user's or API key's, or that of the address. */
export function principalOf(request: HttpRequest): string {
  return request.principal ?? addressOf(request);
}

/** Where a request comes from: its address, or the /64 of an IPv6 one, for one subscriber has all of it. */
export function addressOf({ sourceIp }: HttpRequest): string {
  return `ip:${isIPv6(sourceIp) ? networkOf(sourceIp) : sourceIp}`;
}

/** Sets the `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers); throws `rate_limited` above the limit. */
export function applyRateLimit(
  request: HttpRequest,
  policy: RateLimitName,
  { count, remainingMs }: { count: number; remainingMs: number },
): void {
  const { limit, windowSeconds } = rateLimits[policy];
  const resetSeconds = Math.max(1, Math.ceil(remainingMs / 1000));
  request.responseHeaders['ratelimit-policy'] = `"${policy}";q=${limit};w=${windowSeconds}`;
  request.responseHeaders.ratelimit = `"${policy}";r=${Math.max(0, limit - count)};t=${resetSeconds}`;
  if (count > limit)
    throw new AppError('rate_limited', `At most ${limit} requests in ${windowSeconds} seconds`, {
      retryAfterSeconds: resetSeconds,
    });
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const tailGroups = tail?.split(':').filter(Boolean) ?? [];
  const filled = [
    ...groups,
    ...Array(Math.max(0, 8 - groups.length - tailGroups.length)).fill('0'),
    ...tailGroups,
  ];
  return `${filled
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
