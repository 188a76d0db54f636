import { isIPv6 } from 'node:net';
import { AppError } from '#lib/errors/app-error.ts';
import type { HttpRequest } from './http-request.ts';
import { isExceeded, type RateLimitName, rateLimits, rateWindowsOf, type Usage } from './rate-limits.ts';

// Until then Redis may be back, and the limit is whole again.
const unavailableSeconds = 5;

/** Whose budget a request uses: the user's or API key's, or that of the address. */
export function principalOf(request: HttpRequest): string {
  return request.principal ?? addressOf(request.sourceIp);
}

/** Where a request comes from: its address, or the /64 of an IPv6 one, for one subscriber has all of it. */
export function addressOf(sourceIp: string): string {
  // The check proper costs half a microsecond.
  if (!sourceIp.includes(':')) return `ip:${sourceIp}`;
  // As a server that listens on both families writes IPv4: their /64 is the whole of the old internet.
  const address = sourceIp.replace(/^::ffff:(?=\d+\.)/i, '');
  return `ip:${isIPv6(address) ? networkOf(address) : address}`;
}

/**
 * Sets the `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers): the windows of the first usage, which is the route's own, and
 * of others that are exceeded. Throws `rate_limited` when one is; `unavailable` when this instance `isAlone` and may not go on.
 */
export function applyRateLimits(
  { responseHeaders }: HttpRequest,
  usages: readonly Usage[],
  isAlone = false,
): void {
  const exceeded = usages.filter(isExceeded);
  const shown = usages.filter((usage, position) => position === 0 || exceeded.includes(usage));
  responseHeaders['ratelimit-policy'] = shown.map(policyText).join(', ');
  responseHeaders.ratelimit = shown.map(usageText).join(', ');
  if (exceeded.length > 0) throw refusalOf(exceeded, isAlone);
}

function refusalOf(exceeded: readonly Usage[], isAlone: boolean): AppError {
  if (isAlone && exceeded.some(({ counter }) => rateLimits[counter.policy].whenAway === 'strict'))
    return new AppError('unavailable', 'Requests cannot be counted', {
      retryAfterSeconds: unavailableSeconds,
    });
  // The longest: before that, another one would refuse.
  const [last] = exceeded
    .flatMap(({ counter, windows }) =>
      windows.map((window, index) => ({ ...window, ...rateWindowsOf(counter.policy)[index] })),
    )
    .filter(({ left }) => left < 0)
    .sort((one, other) => other.resetMs - one.resetMs);
  return new AppError('rate_limited', `At most ${last?.limit} requests in ${last?.windowSeconds} seconds`, {
    retryAfterSeconds: toSeconds(last?.resetMs ?? 0),
  });
}

function policyText({ counter }: Usage): string {
  return policyTexts.get(counter.policy) ?? '';
}

function usageText({ counter: { policy }, windows: [burst, sustained] }: Usage): string {
  return `"${policy}-burst";${windowText(burst)}, "${policy}-sustained";${windowText(sustained)}`;
}

function windowText(window: Usage['windows'][number] | undefined): string {
  return `r=${Math.max(0, window?.left ?? 0)};t=${toSeconds(window?.resetMs ?? 0)}`;
}

const windowNames = ['burst', 'sustained'];

const policyTexts = new Map<RateLimitName, string>(
  (Object.keys(rateLimits) as RateLimitName[]).map((policy) => [
    policy,
    rateWindowsOf(policy)
      .map(
        ({ limit, windowSeconds }, index) =>
          `"${policy}-${windowNames[index]}";q=${limit};w=${windowSeconds}`,
      )
      .join(', '),
  ]),
);

function toSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
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
